import { ClerkSyncError } from '../errors'
import type { ClerkEvent, ClerkEventType, ClerkWebhookEvent } from '../events/events'
import type { Changes, SyncOutcome } from '../store/write'
import { timerDelay } from '../time/deadline'

/** Argument of a hook, for any event. */
interface AppliedEvent<Event> {
  /** The event that was applied. */
  event: Event
  /** What the event changed. */
  outcome: SyncOutcome
  /**
   * With the option `changes`: what the event changed, by path. `undefined` if the hook runs again for an earlier
   * write.
   */
  changes: Changes | undefined
  /** `svix-id`, the same on every redelivery. Use it as the idempotency key. */
  messageId: string | undefined
  /** Aborts when the delivery's time limit ends. Pass it to slow calls. */
  signal: AbortSignal
}

/** Argument of a hook. */
export interface HookContext<Event, Doc> extends AppliedEvent<Event> {
  /** The document as stored now; `null` if there is none: events not about users, removed users. */
  user: Doc | null
}

/** Argument of the hooks of organizations. */
export interface OrganizationHookContext<Event, Doc> extends AppliedEvent<Event> {
  /** The document as stored now; `null` if there is none: without the option `organizations`, or after its removal. */
  organization: Doc | null
}

/** Argument of the hooks of memberships. */
export interface MembershipHookContext<Event, Doc> extends AppliedEvent<Event> {
  /** The document as stored now; `null` if there is none: without the option `memberships`, or after its removal. */
  membership: Doc | null
}

interface MembershipHookFunction<Event, Doc> {
  run(context: MembershipHookContext<Event, Doc>): unknown
}
/** A hook of a membership's event; see `Hook`. */
export type MembershipHook<Event, Doc> = MembershipHookFunction<Event, Doc>['run']

interface OrganizationHookFunction<Event, Doc> {
  run(context: OrganizationHookContext<Event, Doc>): unknown
}
/** A hook of an organization's event; see `Hook`. */
export type OrganizationHook<Event, Doc> = OrganizationHookFunction<Event, Doc>['run']

// A method signature, so that a hook for one event type is assignable to a hook for any type.
interface HookFunction<Event, Doc> {
  run(context: HookContext<Event, Doc>): unknown
}
/** A function called after an event was applied. May be async; if it throws, the delivery fails and Svix retries. */
export type Hook<Event, Doc> = HookFunction<Event, Doc>['run']

/**
 * Hooks by event type, called after the event was applied. Each runs at least once per applied event, and not again
 * once its success is recorded. A crash between its end and that record runs it again.
 */
export type ClerkHooks<Doc, Organization = unknown, Membership = unknown> = {
  [Type in ClerkEventType]?: Type extends `organization.${string}`
    ? OrganizationHook<ClerkEvent<Type>, Organization>
    : Type extends `organizationMembership.${string}`
      ? MembershipHook<ClerkEvent<Type>, Membership>
      : Hook<ClerkEvent<Type>, Doc>
} & {
  /**
   * Types that Clerk added after this version. Annotate the parameter as `HookContext<UnknownClerkEvent, …>`, or with
   * your own event type.
   */
  [type: `${string}.${string}`]: ((context: never) => unknown) | undefined
}

/** What a stored hook is called with: the document under the name of its resource. */
export type AnyHookContext = HookContext<ClerkWebhookEvent, unknown> &
  Partial<OrganizationHookContext<unknown, unknown>> &
  Partial<MembershipHookContext<unknown, unknown>>

/** A stored hook, without the type of its document. */
export type AnyHook = (context: AnyHookContext) => unknown

/**
 * Runs a hook until it ends or the deadline passes.
 * @throws {ClerkSyncError} `hook_failed`, or `timed_out` if the hook threw after its signal aborted; the delivery must
 * be repeated.
 */
export async function runHook(hook: AnyHook, context: Omit<AnyHookContext, 'signal'>, deadline: number): Promise<void> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), timerDelay(deadline - Date.now()))
  try {
    await hook({ ...context, signal: controller.signal })
  } catch (cause) {
    const { type } = context.event
    const message = controller.signal.aborted
      ? `The hook for ${type} exceeded the time limit of the delivery (timeoutMs).`
      : `The hook for ${type} threw. It runs again with the next delivery by Svix.`
    throw new ClerkSyncError(controller.signal.aborted ? 'timed_out' : 'hook_failed', message, { cause })
  } finally {
    clearTimeout(timer)
  }
}
