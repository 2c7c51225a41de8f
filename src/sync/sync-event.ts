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

/** Event → what became of it. The path of every event, whichever way it came in. */
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

/** @throws what failed, with what the store knows of its database, once the delivery log has it. */
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

/** The hook of an event that no document belongs to: that it has succeeded, only the delivery log can know. */
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
