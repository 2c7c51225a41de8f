import { WebhookVerificationError } from '../errors'
import { type ClerkResourceEvent, type ClerkWebhookEvent, eventTime, isClerkEvent } from '../events/events'
import { type AnyHook, runHook } from '../hooks/hooks'
import type { ResolvedClerkSyncOptions, StoredResource } from '../resolved-options'
import { explained } from '../store/connect-store'
import type {
  ClerkUserInput,
  ConflictReason,
  FinishedHook,
  HookMarks,
  SyncOutcome,
  WriteContext,
  WriteResult,
} from '../store/write'
import { inSpan } from '../telemetry/telemetry'
import { withDeadline } from '../time/deadline'
import { beforeMembership, type MembershipEvent } from './before-membership'
import { endMemberships } from './end-memberships'
import { recordFailure } from './record-delivery'
import { isOfOtherInstance, recordOutcome } from './record-outcome'
import type { Applied, Delivery, SyncOptions, SyncResult } from './sync-result'

/**
 * Applies one event and returns its outcome. Every event takes this path: deliveries, replays and `sync()`.
 * @throws {WebhookVerificationError} `not_a_clerk_event`.
 * @throws {ClerkSyncError} errors of the store, `hook_failed`, `timed_out`.
 */
export async function syncEvent(
  options: ResolvedClerkSyncOptions,
  event: ClerkWebhookEvent,
  { messageId, deadline = Date.now() + options.timeoutMs }: SyncOptions = {},
): Promise<SyncResult> {
  if (!isClerkEvent(event)) {
    throw new WebhookVerificationError('not_a_clerk_event', 'sync() was called with a value that is not a Clerk event.')
  }
  const delivery: Delivery = { event, messageId, deadline, startedAt: Date.now() }
  const { isHookDone = false, clearMarks, ...result } = await applyInTime(options, delivery)
  // Before the marks are removed: without a mark, only the log can tell that the hook of a message ran.
  await recordOutcome(options, delivery, { ...result, isHookDone })
  if (clearMarks) await inTime(options, delivery, clearMarks())
  const { conflict, clerkId } = result
  if (conflict) options.onConflict({ ...conflict, messageId, type: event.type, clerkId })
  return result
}

/** @throws the error, after it was recorded in the delivery log. */
async function applyInTime(options: ResolvedClerkSyncOptions, delivery: Delivery): Promise<Applied> {
  try {
    return await inTime(options, delivery, apply(options, delivery))
  } catch (error) {
    await recordFailure(options, delivery, error)
    throw error
  }
}

/** @throws the error, with the store's details about its database; `timed_out`. */
async function inTime<T>(options: ResolvedClerkSyncOptions, { deadline }: Delivery, work: Promise<T>): Promise<T> {
  try {
    return await withDeadline(deadline, work)
  } catch (cause) {
    throw explained(options, cause)
  }
}

async function apply(options: ResolvedClerkSyncOptions, delivery: Delivery): Promise<Applied> {
  const { event } = delivery
  if (isOfOtherInstance(options, event)) return { outcome: 'ignored' }
  const resource = resourceOf(options, event)
  if (resource) {
    if (!event.data.id) return { outcome: 'conflict', conflict: missingId }
    await options.connect()
    const conflict = isMembership(delivery) && (await beforeMembership(options, delivery))
    if (conflict) return { outcome: 'conflict', clerkId: event.data.id, conflict }
    return syncResource(options, resource, delivery as Delivery<ClerkResourceEvent>)
  }
  await endMemberships(options, delivery)
  await runLooseHook(options, delivery)
  return { outcome: 'ignored', isHookDone: options.hooks.has(event.type) }
}

const isMembership = (delivery: Delivery): delivery is Delivery<MembershipEvent> =>
  ['organizationMembership.created', 'organizationMembership.updated'].includes(delivery.event.type)

/** Runs the hook of an event that has no document. Only the delivery log can record that it succeeded. */
async function runLooseHook(
  options: ResolvedClerkSyncOptions,
  { event, messageId, deadline }: Delivery,
): Promise<void> {
  const { hooks, connect, deliveryLog, logger } = options
  const hook = hooks.get(event.type)
  if (!hook) return
  if (deliveryLog && messageId !== undefined) {
    await connect()
    if (await deliveryLog.isHookDone(messageId, { logger, deadline })) return
  }
  const hookContext = { event, user: null, outcome: 'ignored', changes: undefined, messageId } as const
  await inSpan(options, 'hook', {}, () => runHook(hook, hookContext, deadline))
}

const missingId: ConflictReason = {
  code: 'missing_id',
  message: 'Clerk sent a deletion without an id.',
}

/** The stored resource that an event is about; `undefined` if the event has no document. */
function resourceOf({ resources }: ResolvedClerkSyncOptions, { type }: ClerkWebhookEvent): StoredResource | undefined {
  const [name = '', verb = ''] = type.split('.')
  return ['created', 'updated', 'deleted'].includes(verb) ? resources.get(name) : undefined
}

/** Applies an event of a stored resource with one store call, then runs the event's hook. */
async function syncResource(
  options: ResolvedClerkSyncOptions,
  { name, store, rules, fetcher }: StoredResource,
  delivery: Delivery<ClerkResourceEvent>,
): Promise<Applied> {
  const { hooks } = options
  const { event, messageId, deadline } = delivery
  const hook = hooks.get(event.type)
  const context = { ...rules, ...fetcher, ...writeContext(options, delivery) }
  const {
    due = [],
    changes,
    ...result
  } = await inSpan(options, 'write', {}, async () =>
    isDeletion(event)
      ? store.deleteFromClerk(event.data.id as string, context)
      : store.upsertFromClerk(event.data as ClerkUserInput, context),
  )
  if (!hook) return result
  // Without a mark there is nothing to run. Whether an earlier delivery ran the hook, the delivery log knows itself.
  if (!isDue(event, messageId, due, result.outcome)) return result
  const clearMarks = () => store.clearHookMarks(result.clerkId, finishedHook(event, messageId), context)
  const isMarked = messageId !== undefined || mayBePending(event, due, result.outcome)
  // An earlier delivery may have ended between the log entry and the removal of the mark.
  const isLogged = !applied.includes(result.outcome) && (await context.isFinished?.())
  if (isLogged) return { ...result, isHookDone: true, clearMarks }
  const doc = await store.findByClerkId(result.clerkId, context)
  const found = { user: null, [name]: doc }
  const hookContext = { event, ...found, outcome: result.outcome, changes, messageId }
  await inSpan(options, 'hook', {}, () => runHook(hook, hookContext, deadline))
  return { ...result, isHookDone: true, ...(isMarked && { clearMarks }) }
}

function writeContext(
  { changes, hooks, deliveryLog, logger }: ResolvedClerkSyncOptions,
  { event, messageId, deadline }: Delivery<ClerkResourceEvent>,
): WriteContext {
  const eventAt = eventTime(event)
  return {
    ...(messageId !== undefined && { messageId }),
    ...(eventAt !== undefined && { eventAt }),
    ...(changes && hooks.has(event.type) && { changes }),
    ...(deliveryLog &&
      messageId !== undefined && { isFinished: () => deliveryLog.isHookDone(messageId, { logger, deadline }) }),
    marks: marksFor(hooks, event, messageId),
    logger,
    deadline,
  }
}

/**
 * Marks to leave with the write. A hook belongs to its message: if another event creates the document, `user.created`
 * keeps its hook pending.
 */
function marksFor(
  hooks: ReadonlyMap<string, AnyHook>,
  { type }: ClerkResourceEvent,
  messageId: string | undefined,
): HookMarks {
  const [name] = type.split('.')
  const created = `${name}.created`
  const isEarly = type === `${name}.updated` && hooks.has(created)
  // A process without hooks may have applied the deletion, so the pending type of its tombstone is read.
  const isUntold = type === `${name}.deleted` && hooks.has(type) && messageId === undefined
  return {
    ...(hooks.has(type) && messageId !== undefined && { message: messageId }),
    ...(isUntold && { pendingType: type }),
    ...(isEarly && { pendingType: created }),
    ...(hooks.size > 0 && { hasHooks: true }),
  }
}

const isDeletion = ({ type }: ClerkResourceEvent): boolean => type.endsWith('.deleted')

const applied: readonly SyncOutcome[] = ['created', 'updated', 'linked', 'deleted']

/** Whether the event's hook must run: it has a mark from this delivery or an earlier one. */
function isDue(
  { type }: ClerkResourceEvent,
  messageId: string | undefined,
  due: readonly string[],
  outcome: WriteResult['outcome'],
): boolean {
  // Without a message id there is no redelivery, so no mark was left.
  if (messageId === undefined && applied.includes(outcome)) return true
  // A change that came along in another event waits for the event of the same version.
  const isPending = due.includes(type) && (!type.endsWith('.updated') || outcome === 'duplicate')
  return isPending || (messageId !== undefined && due.includes(messageId))
}

/** True if a pending-type mark may exist: `user.created` updated a document that another write had created. */
function mayBePending({ type }: ClerkResourceEvent, due: readonly string[], outcome: SyncOutcome): boolean {
  return due.includes(type) || (type.endsWith('.created') && outcome === 'updated')
}

function finishedHook({ type }: ClerkResourceEvent, message: string | undefined): FinishedHook {
  return {
    ...(message !== undefined && { message }),
    pendingType: type,
    ...(type.endsWith('.deleted') && { isDeletion: true }),
  }
}
