import { docsOf, isClerkSyncError } from '../errors'
import { type ClerkWebhookEvent, eventTime, isClerkId } from '../events/events'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type { DeliveryEntry } from '../store/delivery-log'
import { withDeadline } from '../time/deadline'
import type { Applied, Delivery, SyncResult } from './sync-result'

/** What noting a delivery may take once its own time is up. Svix waits five seconds longer than `timeoutMs` by default. */
const GRACE_MS = 1_000

/**
 * Notes in logger and delivery log what became of a delivery. One that stored nothing has exactly one line of `warn` or `error`: here
 * if it was answered, in the handler if it failed.
 */
export async function recordOutcome(
  options: ResolvedClerkSyncOptions,
  delivery: Delivery,
  { isHookDone = false, ...result }: Applied,
): Promise<void> {
  const { event, messageId, startedAt } = delivery
  const { type } = event
  const { outcome, conflict } = result
  const clerkId = clerkIdOf(event)
  options.logger.info({ messageId, type, clerkId, outcome, durationMs: Date.now() - startedAt }, 'clerk event synced')
  const isNoted = await note(options, delivery, {
    outcome,
    isHookDone,
    ...(conflict && { errorCode: conflict.code }),
  })
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
  options.logger.warn(fields, problem?.message ?? 'the delivery could not be noted in the delivery log')
}

/** Notes in the delivery log that a delivery failed. The handler logs the error. */
export async function recordFailure(
  options: ResolvedClerkSyncOptions,
  delivery: Delivery,
  error: unknown,
): Promise<void> {
  await note(options, delivery, { errorCode: isClerkSyncError(error) ? error.code : 'unexpected' })
}

const clerkIdOf = ({ data }: ClerkWebhookEvent) => (isClerkId(data.id) ? data.id : undefined)

/** @returns `false` if the log could not be written. That costs no user: the state is stored, and Svix asks for nothing else. */
async function note(
  { deliveryLog, connect, logger }: ResolvedClerkSyncOptions,
  { event, messageId, startedAt, deadline }: Delivery,
  end: Pick<DeliveryEntry, 'outcome' | 'errorCode' | 'isHookDone'>,
): Promise<boolean> {
  if (messageId === undefined || !deliveryLog) return true
  const entry: DeliveryEntry = {
    messageId,
    type: event.type,
    clerkId: clerkIdOf(event),
    instanceId: isClerkId(event.instance_id) ? event.instance_id : undefined,
    eventAt: eventTime(event),
    durationMs: Date.now() - startedAt,
    ...end,
  }
  const until = Math.max(deadline, Date.now() + GRACE_MS)
  const work = async () => {
    await connect()
    await deliveryLog.record(entry, { logger, deadline: until })
  }
  try {
    await withDeadline(until, work())
    return true
  } catch {
    return false
  }
}

/** Why an event that was answered 2xx stored nothing that it should have; `undefined` where all is well. */
function problemOf(options: ResolvedClerkSyncOptions, event: ClerkWebhookEvent, { conflict }: SyncResult) {
  if (conflict) return { fields: conflict, message: 'clerk event conflicts with what is stored' }
  if (!isOfOtherInstance(options, event)) return undefined
  const instanceId = isClerkId(event.instance_id) ? event.instance_id : undefined
  return { fields: { instanceId, docs: docsOf('clerk_instance') }, message: 'event of another Clerk instance ignored' }
}

/** Whether an event comes from another Clerk instance than the option `instanceId` names. */
export function isOfOtherInstance({ instanceId }: ResolvedClerkSyncOptions, event: ClerkWebhookEvent): boolean {
  return Boolean(instanceId && event.instance_id && event.instance_id !== instanceId)
}
