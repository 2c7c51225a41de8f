import { errorCodeOf } from '../errors'
import { eventTime, isClerkId } from '../events/events'
import { isTestEvent } from '../events/test-event'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type { DeliveryEntry } from '../store/delivery-log'
import { withDeadline } from '../time/deadline'
import type { Delivery } from './sync-result'

/**
 * Time for recording a delivery after its own time limit. Svix waits five seconds longer than the default `timeoutMs`.
 */
const GRACE_MS = 1_000

/**
 * Writes the entry of a delivery to the delivery log, if there is one. A failure does not fail the delivery, because
 * the user's state is already stored. Test deliveries have no entry, because the log is about what Clerk has sent.
 * @returns `false` if the log could not be written.
 */
export async function recordDelivery(
  { deliveryLog, connect, logger }: ResolvedClerkSyncOptions,
  { event, messageId, startedAt, deadline }: Delivery,
  end: Pick<DeliveryEntry, 'outcome' | 'errorCode' | 'isHookDone'>,
): Promise<boolean> {
  if (messageId === undefined || !deliveryLog || isTestEvent(event)) return true
  const entry: DeliveryEntry = {
    messageId,
    type: event.type,
    clerkId: isClerkId(event.data.id) ? event.data.id : undefined,
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

/** Records in the delivery log that a delivery failed. The handler logs the error. */
export async function recordFailure(
  options: ResolvedClerkSyncOptions,
  delivery: Delivery,
  error: unknown,
): Promise<void> {
  await recordDelivery(options, delivery, { errorCode: errorCodeOf(error) })
}
