import { withDeadline } from './deadline'
import { WebhookVerificationError } from './errors'
import { type ClerkWebhookEvent, eventTime, isClerkEvent } from './events'
import type { ResolvedClerkSyncOptions } from './resolved-options'
import type { ConflictReason, SyncOutcome, WriteContext } from './store'

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

/** Event → one store call → outcome. The path of every event, whichever way it came in. */
export async function syncEvent(
  options: ResolvedClerkSyncOptions,
  event: ClerkWebhookEvent,
  { messageId, deadline = Date.now() + options.timeoutMs }: SyncOptions = {},
): Promise<SyncResult> {
  if (!isClerkEvent(event)) {
    throw new WebhookVerificationError('not_a_clerk_event', 'sync() was given something that is no Clerk event.')
  }
  const fields = { messageId, type: event.type, clerkId: event.data.id }
  const started = Date.now()
  const result = await withDeadline(deadline, apply(options, event, messageId, deadline))
  options.logger.info({ ...fields, outcome: result.outcome, durationMs: Date.now() - started }, 'clerk event synced')
  if (result.conflict) {
    options.logger.warn({ ...fields, ...result.conflict }, 'clerk event conflicts with what is stored')
    options.onConflict({ ...result.conflict, ...fields, clerkId: result.clerkId })
  }
  return result
}

async function apply(
  options: ResolvedClerkSyncOptions,
  event: ClerkWebhookEvent,
  messageId: string | undefined,
  deadline: number,
): Promise<SyncResult> {
  const { store, logger } = options
  if (options.instanceId && event.instance_id && event.instance_id !== options.instanceId) {
    logger.warn(
      { messageId, type: event.type, instanceId: event.instance_id },
      'event of another Clerk instance ignored',
    )
    return { outcome: 'ignored' }
  }
  if (event.type !== 'user.created' && event.type !== 'user.updated' && event.type !== 'user.deleted') {
    return { outcome: 'ignored' }
  }
  if (event.type === 'user.deleted' && !event.data.id) return { outcome: 'conflict', conflict: missingId }

  await options.connect()
  const fetchUser = options.fetchUser()
  const eventAt = eventTime(event)
  const context: WriteContext = {
    ...options.rules,
    ...(messageId !== undefined && { messageId }),
    ...(eventAt !== undefined && { eventAt }),
    ...(fetchUser && { fetchUser }),
    logger,
    deadline,
  }
  return event.type === 'user.deleted'
    ? store.deleteFromClerk(event.data.id as string, context)
    : store.upsertFromClerk(event.data, context)
}

const missingId: ConflictReason = {
  code: 'missing_id',
  message: 'Clerk reports a deletion without saying of whom.',
}
