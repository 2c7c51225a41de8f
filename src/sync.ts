import { explained } from './connect-store'
import { withDeadline } from './deadline'
import { WebhookVerificationError } from './errors'
import { type ClerkWebhookEvent, isClerkEvent } from './events'
import { runHook } from './hooks'
import { type Applied, isOfOtherInstance, logged } from './logged'
import type { ResolvedClerkSyncOptions } from './resolved-options'
import type { ConflictReason, SyncOutcome } from './store'
import { syncUser } from './sync-user'

export interface SyncResult {
  outcome: SyncOutcome
  /** The user concerned, for the events that have one. */
  clerkId?: string
  /** With outcome `conflict`: what stood in the way. */
  conflict?: ConflictReason
}

export interface SyncOptions {
  /** `svix-id` of the delivery, if it came as one. With it a crash is mended by the redelivery. */
  messageId?: string
  /** Point in time, in milliseconds, at which to give up. @default now + `timeoutMs` */
  deadline?: number
}

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
