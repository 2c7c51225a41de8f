import { docsOf, WebhookVerificationError } from '../errors'
import { type ClerkResourceEvent, type ClerkWebhookEvent, eventTime, isClerkEvent, isClerkId } from '../events/events'
import type { ResolvedClerkSyncOptions, StoredResource } from '../resolved-options'
import { explained } from '../store/connect-store'
import type { ClerkUserInput, ConflictReason, WriteContext } from '../store/write'
import { withDeadline } from '../time/deadline'
import { beforeMembership, type MembershipEvent } from './before-membership'
import { endMemberships } from './end-memberships'
import { marksFor, runEventHook, runLooseHook } from './event-hook'
import { recordDelivery, recordFailure } from './record-delivery'
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
  const hook = options.hooks.get(event.type)
  if (hook) await runLooseHook(options, hook, delivery)
  return { outcome: 'ignored', isHookDone: hook !== undefined }
}

const isMembership = (delivery: Delivery): delivery is Delivery<MembershipEvent> =>
  ['organizationMembership.created', 'organizationMembership.updated'].includes(delivery.event.type)

const missingId: ConflictReason = {
  code: 'missing_id',
  message: 'Clerk sent a deletion without an id.',
}

/** Whether an event comes from another Clerk instance than the option `instanceId` names. */
function isOfOtherInstance({ instanceId }: ResolvedClerkSyncOptions, event: ClerkWebhookEvent): boolean {
  return Boolean(instanceId && event.instance_id && event.instance_id !== instanceId)
}

/** The stored resource that an event is about; `undefined` if the event has no document. */
function resourceOf({ resources }: ResolvedClerkSyncOptions, { type }: ClerkWebhookEvent): StoredResource | undefined {
  const [name = '', verb = ''] = type.split('.')
  return ['created', 'updated', 'deleted'].includes(verb) ? resources.get(name) : undefined
}

/** Applies an event of a stored resource with one store call, then runs the event's hook. */
async function syncResource(
  options: ResolvedClerkSyncOptions,
  resource: StoredResource,
  delivery: Delivery<ClerkResourceEvent>,
): Promise<Applied> {
  const { event } = delivery
  const { store, rules, fetcher } = resource
  const context = { ...rules, ...fetcher, ...writeContext(options, delivery) }
  const result = await options.meter.span('write', {}, async () =>
    isDeletion(event)
      ? store.deleteFromClerk(event.data.id as string, context)
      : store.upsertFromClerk(event.data as ClerkUserInput, context),
  )
  const hook = options.hooks.get(event.type)
  if (hook) return runEventHook(options, resource, delivery, { hook, result, context })
  const { due, changes, ...applied } = result
  return applied
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
    marks: hooks.size > 0 ? marksFor(hooks, event, messageId) : {},
    logger,
    deadline,
  }
}

const isDeletion = ({ type }: ClerkResourceEvent): boolean => type.endsWith('.deleted')

/**
 * Records the outcome of a delivery in the logger and the delivery log. A delivery that stored nothing gets exactly one
 * `warn` or `error` line: here if it was answered 2xx, in the handler if it failed.
 */
async function recordOutcome(
  options: ResolvedClerkSyncOptions,
  delivery: Delivery,
  { isHookDone, ...result }: SyncResult & { isHookDone: boolean },
): Promise<void> {
  const { event, messageId, startedAt } = delivery
  const { type } = event
  const { outcome, conflict } = result
  const clerkId = isClerkId(event.data.id) ? event.data.id : undefined
  options.logger.info({ messageId, type, clerkId, outcome, durationMs: Date.now() - startedAt }, 'clerk event synced')
  const end = { outcome, isHookDone, ...(conflict && { errorCode: conflict.code }) }
  const isNoted = !options.deliveryLog || (await recordDelivery(options, delivery, end))
  const problem = problemOf(options, event, result)
  if (!problem && isNoted) return
  const fields = {
    ...problem?.fields,
    messageId,
    type,
    clerkId: result.clerkId,
    ...(problem && !isNoted && { isNoted }),
    ...(!problem && { docs: docsOf('delivery_log') }),
  }
  options.logger.warn(fields, problem?.message ?? 'the delivery could not be recorded in the delivery log')
}

/** Why an event answered 2xx stored nothing although it should have; `undefined` if all is well. */
function problemOf(options: ResolvedClerkSyncOptions, event: ClerkWebhookEvent, { conflict }: SyncResult) {
  if (conflict) return { fields: conflict, message: 'clerk event conflicts with stored data' }
  if (!isOfOtherInstance(options, event)) return undefined
  const instanceId = isClerkId(event.instance_id) ? event.instance_id : undefined
  return { fields: { instanceId, docs: docsOf('clerk_instance') }, message: 'event of another Clerk instance ignored' }
}
