import type { HookRun } from '../chaos/hook'
import type { Attempt } from '../chaos/svix'
import type { History } from './clerk'
import { hookTypes, type Setting } from './subject'

const applied = ['created', 'updated', 'deleted', 'linked']

/**
 * What is wrong with the recorded hook runs: each event that was applied, that deletes, or that created something that
 * lives has run its hook at least once.
 * @param attempts Those before the replay, which needs no hooks.
 */
export function hookDivergences(
  runs: readonly HookRun[],
  history: History,
  { hooks }: Setting,
  attempts: readonly Attempt[],
): string[] {
  if (!hooks) return runs.length > 0 ? ['hooks ran that were not configured'] : []
  const ended = new Set(runs.filter(({ part }) => part === 'ended').map(({ messageId }) => messageId))
  return history.messages.flatMap(({ id, event: { type, data } }) => {
    if (!hookTypes.includes(type) || ended.has(id)) return []
    const clerkId = String(data.id)
    const outcome = attempts.find((one) => one.messageId === id && applied.includes(one.outcome ?? ''))?.outcome
    const lives = [history.users, history.organizations, history.memberships].some((live) => live.has(clerkId))
    const why =
      (outcome && `was answered ${outcome}`) ??
      (type.endsWith('.deleted') ? 'belongs to a deletion' : undefined) ??
      (lives && type.endsWith('.created') ? 'belongs to something alive' : undefined)
    return why ? [`the hook of ${type} ${id} (${clerkId}) never completed; it ${why}`] : []
  })
}
