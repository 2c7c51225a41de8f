import { WebhookVerificationError } from '../errors'
import { type ClerkWebhookEvent, isClerkEvent } from '../events/events'
import { runHook } from '../hooks/hooks'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import { explained } from '../store/connect-store'
import type { ConflictReason } from '../store/write'
import { withDeadline } from '../time/deadline'
import { isOfOtherInstance, logged } from './record-delivery'
import type { Applied, SyncOptions, SyncResult } from './sync-result'
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
  const result = await logged(options, event, messageId, deadline, async () => {
    try {
      return await withDeadline(deadline, apply(options, event, messageId, deadline))
    } catch (error) {
      throw explained(options, error)
    }
  })
  const { conflict, clerkId } = result
  if (conflict) options.onConflict({ ...conflict, messageId, type: event.type, clerkId })
  return result
}

async function apply(
  options: ResolvedClerkSyncOptions,
  event: ClerkWebhookEvent,
  messageId: string | undefined,
  deadline: number,
): Promise<Applied> {
  if (isOfOtherInstance(options, event)) return { outcome: 'ignored' }
  if (event.type === 'user.deleted' && !event.data.id) return { outcome: 'conflict', conflict: missingId }
  if (event.type === 'user.created' || event.type === 'user.updated' || event.type === 'user.deleted') {
    await options.connect()
    return syncUser(options, event, messageId, deadline)
  }
  await runLooseHook(options, event, messageId, deadline)
  return { outcome: 'ignored', isHookDone: options.hooks.has(event.type) }
}

/** The hook of an event that no document belongs to: that it has succeeded, only the delivery log can know. */
async function runLooseHook(
  { hooks, connect, deliveryLog, logger }: ResolvedClerkSyncOptions,
  event: ClerkWebhookEvent,
  messageId: string | undefined,
  deadline: number,
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
