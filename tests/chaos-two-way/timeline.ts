import { asText } from './local-log'
import type { History } from './run-history'

/** Everything that happened to a user, in milliseconds since its creation. */
export function timeline({ side, log }: History, id: string): string {
  const { clerk } = side
  const own = clerk.events().filter(({ event }) => (event.data as { id?: string }).id === id)
  const data = own.map(({ event }) => event.data as Record<string, unknown>)
  const start = Number(data[0]?.created_at ?? 0)
  const changedVersions = new Set((side.clerkChanges.get(id) ?? []).map(({ version }) => version))
  const lines: [at: number, line: string][] = []
  for (const [n, { messageId, event, type }] of own.entries()) {
    const at = Number(data[n]?.updated_at ?? event.timestamp)
    const by = type === 'user.deleted' || changedVersions.has(at) ? 'a change at Clerk' : 'a push'
    lines.push([at, `version ${at - start} by ${by}: ${type} ${changesBetween(data[n - 1], data[n])}`])
    for (const { startedAt, endedAt, status, response } of clerk.deliveries.filter(
      (one) => one.messageId === messageId,
    )) {
      lines.push([
        endedAt.getTime(),
        `event of version ${at - start} was delivered in ${endedAt.getTime() - startedAt.getTime()}: ${status} ${response}`,
      ])
    }
  }
  for (const { method, path, status, at } of clerk.requests) {
    if (path.startsWith(`/users/${id}`)) lines.push([at.getTime(), `${method} ${path.slice(7 + id.length)}: ${status}`])
  }
  for (const { leaf, value, from, until, isCertain } of log.of(id)) {
    const ended = Number.isFinite(until) ? Math.round(until - from) : 'unknown'
    lines.push([
      performance.timeOrigin + from,
      `the app writes ${leaf} = ${asText(value)}, done in ${ended}${isCertain ? '' : ' (uncertain)'}`,
    ])
  }
  const sorted = lines.sort(([a], [b]) => a - b)
  return sorted.map(([at, line]) => `  ${String(Math.round(at - start)).padStart(6)} ${line}`).join('\n')
}

function changesBetween(before: Record<string, unknown> = {}, after: Record<string, unknown> = {}): string {
  const changed = Object.keys(after).filter((key) => key !== 'updated_at' && asText(before[key]) !== asText(after[key]))
  const shown = changed.filter((key) => /^(first_name|last_name|external_id|\w+_metadata)$/.test(key))
  const rest = changed.length > shown.length ? '…' : ''
  return shown.map((key) => `${key} ${asText(after[key])}`).join(' ') + rest
}
