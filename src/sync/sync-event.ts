import { WebhookVerificationError } from '../errors'
import { type ClerkWebhookEvent, isClerkEvent } from '../events/events'
import { runHook } from '../hooks/hooks'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import { explained } from '../store/connect-store'
import type { ConflictReason } from '../store/write'
import { withDeadline } from '../time/deadline'
import { isOfOtherInstance, recordFailure, recordOutcome } from './record-delivery'
import type { Applied, Delivery, SyncOptions, SyncResult } from './sync-result'
import { syncUser } from './sync-user'

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
    throw new WebhookVerificationError('not_a_clerk_event', 'sync() was given something that is no Clerk event.')
  }
  const delivery: Delivery = { event, messageId, deadline, startedAt: Date.now() }
  const applied = await applyInTime(options, delivery)
  await recordOutcome(options, delivery, applied)
  const { isHookDone: _, ...result } = applied
  const { conflict, clerkId } = result
  if (conflict) options.onConflict({ ...conflict, messageId, type: event.type, clerkId })
  return result
}

/** @throws the error, with the store's details about its database, after it was recorded in the delivery log. */
async function applyInTime(options: ResolvedClerkSyncOptions, delivery: Delivery): Promise<Applied> {
  try {
    return await withDeadline(delivery.deadline, apply(options, delivery))
  } catch (cause) {
    const error = explained(options, cause)
    await recordFailure(options, delivery, error)
    throw error
  }
}

async function apply(options: ResolvedClerkSyncOptions, delivery: Delivery): Promise<Applied> {
  const { event } = delivery
  if (isOfOtherInstance(options, event)) return { outcome: 'ignored' }
  if (event.type === 'user.deleted' && !event.data.id) return { outcome: 'conflict', conflict: missingId }
  if (event.type === 'user.created' || event.type === 'user.updated' || event.type === 'user.deleted') {
    await options.connect()
    return syncUser(options, { ...delivery, event })
  }
  await runLooseHook(options, delivery)
  return { outcome: 'ignored', isHookDone: options.hooks.has(event.type) }
}

/** Runs the hook of an event that has no document. Only the delivery log can record that it succeeded. */
async function runLooseHook(
  { hooks, connect, deliveryLog, logger }: ResolvedClerkSyncOptions,
  { event, messageId, deadline }: Delivery,
): Promise<void> {
  const hook = hooks.get(event.type)
  if (!hook) return
  if (deliveryLog && messageId !== undefined) {
    await connect()
    if (await deliveryLog.isHookDone(messageId, { logger, deadline })) return
  }
  await runHook(hook, { event, user: null, outcome: 'ignored', changes: undefined, messageId }, deadline)
}

const missingId: ConflictReason = {
  code: 'missing_id',
  message: 'Clerk reports a deletion without saying of whom.',
}
