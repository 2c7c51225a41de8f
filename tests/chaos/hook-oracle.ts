import type { History } from './clerk'
import type { HookRun } from './hook'
import { type Endpoint, endpointsOf, hookTypes, type Setting } from './subject'
import type { Attempt, Svix } from './svix'

const applied = new Set(['created', 'updated', 'deleted', 'linked'])

/** The deliveries, and deletions applied by other processes. */
interface Deliveries {
  svix: Svix
  /** Number of attempts before the replay, which needs no hooks. */
  before: number
  /** Deletions applied by other processes. `at`: when they started. */
  otherDeletions: readonly { clerkId: string; at: number }[]
}

/** What is wrong with the recorded hook runs. */
export function hookDivergences(
  runs: readonly HookRun[],
  history: History,
  setting: Setting,
  deliveries: Deliveries,
): string[] {
  if (!setting.hooks) return runs.length > 0 ? ['hooks ran that were not configured'] : []
  const wrong = endpointsOf(setting).flatMap((endpoint) => {
    const here = runs.filter(({ attempt }) => deliveries.svix.attempts[attempt]?.endpoint === endpoint)
    return divergencesAt(here, history, deliveries, endpoint)
  })
  const known = new Set(history.messages.map(({ id }) => id))
  for (const { messageId } of runs)
    if (!known.has(messageId)) wrong.push(`a hook ran for ${messageId}, which was never sent`)
  return wrong
}

/** The same for one endpoint. */
function divergencesAt(
  runs: readonly HookRun[],
  history: History,
  deliveries: Deliveries,
  endpoint: Endpoint,
): string[] {
  const { svix, before } = deliveries
  const wrong: string[] = []
  const attempts = svix.attempts.filter((attempt) => attempt.endpoint === endpoint)
  for (const { id, event } of history.messages) {
    const own = runs.filter(({ messageId }) => messageId === id)
    const succeeded = own.some(({ part }) => part === 'ended')
    const clerkId = String(event.data.id)
    const why =
      mustHaveRun(
        id,
        history,
        attempts.filter((one) => one.id < before),
      ) ?? (own.some((run) => beganInTime(run, history, deliveries)) ? 'had begun' : undefined)
    const name = `the hook of ${event.type} ${id} (${clerkId}) of model ${endpoint}`
    if (why && !succeeded && (hookTypes as readonly string[]).includes(event.type))
      wrong.push(`${name} never completed; it ${why}`)
    wrong.push(
      ...repeats(
        own,
        attempts.filter(({ messageId }) => messageId === id),
        svix,
      ).map((what) => `${name} ${what}`),
    )
  }
  return wrong
}

/** Why the hook of a message must have run; `undefined` if a newer event may have made it unnecessary. */
function mustHaveRun(messageId: string, history: History, attempts: readonly Attempt[]): string | undefined {
  const own = attempts.find((attempt) => attempt.messageId === messageId && applied.has(attempt.outcome ?? ''))
  if (own) return `was answered ${own.outcome}`
  const event = history.messages.find(({ id }) => id === messageId)?.event
  if (event?.type === 'user.deleted') return 'belongs to a deletion'
  const live = history.live.get(String(event?.data.id))
  if (live && event?.type === 'user.created') return 'belongs to an active user'
  return undefined
}

/**
 * Whether a hook certainly began before the deletion of its user was applied. A later event may update the document of a late
 * insert, and begin its hook, before that document is removed with its pending hooks.
 */
function beganInTime({ attempt, clerkId }: HookRun, history: History, { svix, otherDeletions }: Deliveries): boolean {
  const { answeredAt, status } = svix.attempts[attempt] ?? {}
  // After 503 the handler may still be running.
  if (answeredAt === undefined || status === 503) return false
  const deletions = history.messages.filter(({ event }) => event.type === 'user.deleted' && event.data.id === clerkId)
  const deleters = svix.attempts.filter(({ messageId }) => deletions.some(({ id }) => id === messageId))
  const moments = [
    ...deleters.map(({ sentAt }) => sentAt),
    ...otherDeletions.filter((visit) => visit.clerkId === clerkId).map(({ at }) => at),
  ]
  return moments.every((moment) => answeredAt < moment)
}

/** Runs by attempts that were sent after the hook succeeded and another attempt was answered 2xx. */
function repeats(own: readonly HookRun[], attempts: readonly Attempt[], svix: Svix): string[] {
  const sentAt = (run: HookRun) => svix.attempts[run.attempt]?.sentAt ?? 0
  return own
    .filter((run, index) => {
      if (run.part !== 'began' || !own.slice(0, index).some(({ part }) => part === 'ended')) return false
      return attempts.some(
        ({ status = 0, answeredAt }) => status >= 200 && status < 300 && (answeredAt ?? 0) < sentAt(run),
      )
    })
    .map(({ attempt }) => `ran again at attempt ${attempt}, though its success had been acknowledged`)
}
