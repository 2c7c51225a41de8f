import { ClerkSyncError } from '../errors'
import type { ClerkEvent, ClerkEventType, ClerkWebhookEvent } from '../events/events'
import type { Changes, SyncOutcome } from '../store/write'
import { timerDelay } from '../time/timer-delay'

export interface HookContext<Event, Doc> {
  event: Event
  /** The document as it is stored now; `null` where there is none: events not about users, users that are gone. */
  user: Doc | null
  outcome: SyncOutcome
  /** With the option `changes`: what the event changed, by path. `undefined` when a hook runs again for a write made before. */
  changes: Changes | undefined
  /** `svix-id`, the same on every redelivery: the key that makes what you do idempotent. */
  messageId: string | undefined
  /** Aborted when the time budget of the delivery ends. Hand it to whatever can take long. */
  signal: AbortSignal
}

// A method's signature, so that a hook for one event type is also one of the hooks for any.
interface HookFunction<Event, Doc> {
  run(context: HookContext<Event, Doc>): unknown
}
export type Hook<Event, Doc> = HookFunction<Event, Doc>['run']

/**
 * What to do after an event was applied, by its type. Runs at least once for every applied event, and not again once its
 * success is recorded: a crash between its end and the record runs it again.
 */
export type ClerkHooks<Doc> = {
  [Type in ClerkEventType]?: Hook<ClerkEvent<Type>, Doc>
} & {
  /** Types that Clerk added after this version: annotate the parameter as a `HookContext` of `UnknownClerkEvent`, or of what you know. */
  [type: `${string}.${string}`]: ((context: never) => unknown) | undefined
}

/** The hook as it is run: what it may know of its document is the host's affair. */
export type AnyHook = Hook<ClerkWebhookEvent, unknown>

/**
 * Runs a hook to its end, or to the deadline.
 * @throws {ClerkSyncError} `hook_failed`, or `timed_out` where it gave up with its signal: the delivery is to be made again.
 */
export async function runHook(
  hook: AnyHook,
  context: Omit<HookContext<ClerkWebhookEvent, unknown>, 'signal'>,
  deadline: number,
): Promise<void> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), timerDelay(deadline - Date.now()))
  try {
    await hook({ ...context, signal: controller.signal })
  } catch (cause) {
    const { type } = context.event
    const message = controller.signal.aborted
      ? `The hook for ${type} was cut off: the time budget ran out.`
      : `The hook for ${type} failed; it runs again when Svix delivers again.`
    throw new ClerkSyncError(controller.signal.aborted ? 'timed_out' : 'hook_failed', message, { cause })
  } finally {
    clearTimeout(timer)
  }
}
