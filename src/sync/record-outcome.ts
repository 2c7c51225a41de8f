import { docsOf } from '../errors'
import { type ClerkWebhookEvent, isClerkId } from '../events/events'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import { recordDelivery } from './record-delivery'
import type { Delivery, SyncResult } from './sync-result'

/**
 * Records the outcome of a delivery in the logger and the delivery log. A delivery that stored nothing gets exactly one
 * `warn` or `error` line: here if it was answered 2xx, in the handler if it failed.
 */
export async function recordOutcome(
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

/** Whether an event comes from another Clerk instance than the option `instanceId` names. */
export function isOfOtherInstance({ instanceId }: ResolvedClerkSyncOptions, event: ClerkWebhookEvent): boolean {
  return Boolean(instanceId && event.instance_id && event.instance_id !== instanceId)
}
