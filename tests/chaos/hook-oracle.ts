import type { History } from './clerk'
import type { HookRun } from './hook'
import { hookTypes, type Setting } from './subject'
import type { Svix } from './svix'

const applied = new Set(['created', 'updated', 'deleted', 'linked'])

/** What is wrong with the hooks that were seen to run. */
export function hookDivergences(runs: readonly HookRun[], history: History, setting: Setting, svix: Svix): string[] {
  if (!setting.hooks) return runs.length > 0 ? ['hooks ran that nobody had set up'] : []
  const wrong: string[] = []
  for (const { id, event } of history.messages) {
    const own = runs.filter(({ messageId }) => messageId === id)
    const succeeded = own.some(({ part }) => part === 'ended')
    const clerkId = String(event.data.id)
    const why =
      mustHaveRun(id, history, svix) ?? (own.length > 0 && history.live.has(clerkId) ? 'had begun' : undefined)
    if (why && !succeeded && (hookTypes as readonly string[]).includes(event.type))
      wrong.push(`the hook of ${event.type} ${id} (${clerkId}) never ran to its end; it ${why}`)
    wrong.push(...repeats(id, own, svix).map((what) => `the hook of ${event.type} ${id} (${clerkId}) ${what}`))
  }
  const known = new Set(history.messages.map(({ id }) => id))
  for (const { messageId } of runs)
    if (!known.has(messageId)) wrong.push(`a hook ran for ${messageId}, which nobody sent`)
  return wrong
}

/** Why the hook of a message must have run; nothing where a newer event may have spared it. */
function mustHaveRun(messageId: string, history: History, svix: Svix): string | undefined {
  const own = svix.attempts.find((attempt) => attempt.messageId === messageId && applied.has(attempt.outcome ?? ''))
  if (own) return `was answered ${own.outcome}`
  const event = history.messages.find(({ id }) => id === messageId)?.event
  if (event?.type === 'user.deleted') return 'is of a deletion'
  const live = history.live.get(String(event?.data.id))
  if (live && event?.type === 'user.created') return 'is of a user who is alive'
  return undefined
}

/** Runs by attempts that were sent after the hook had ended well and another attempt had been answered 2xx. */
function repeats(messageId: string, own: readonly HookRun[], svix: Svix): string[] {
  const attempts = svix.attempts.filter((attempt) => attempt.messageId === messageId)
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
