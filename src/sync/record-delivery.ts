import { docsOf, isClerkSyncError } from '../errors'
import { type ClerkWebhookEvent, eventTime, isClerkId } from '../events/events'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type { DeliveryEntry } from '../store/delivery-log'
import { withDeadline } from '../time/deadline'
import type { Applied, Delivery, SyncResult } from './sync-result'

/**
 * Time for recording a delivery after its own time limit. Svix waits five seconds longer than the default `timeoutMs`.
 */
const GRACE_MS = 1_000

/**
 * Records the outcome of a delivery in the logger and the delivery log. A delivery that stored nothing gets exactly one
 * `warn` or `error` line: here if it was answered 2xx, in the handler if it failed.
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

/** Records in the delivery log that a delivery failed. The handler logs the error. */
export async function recordFailure(
  options: ResolvedClerkSyncOptions,
  delivery: Delivery,
  error: unknown,
): Promise<void> {
  await note(options, delivery, { errorCode: isClerkSyncError(error) ? error.code : 'unexpected' })
}

const clerkIdOf = ({ data }: ClerkWebhookEvent) => (isClerkId(data.id) ? data.id : undefined)

/**
 * Writes a log entry. A failure does not fail the delivery, because the user's state is already stored.
 * @returns `false` if the log could not be written.
 */
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

/** Why an event answered 2xx stored nothing although it should have; `undefined` if all is well. */
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
