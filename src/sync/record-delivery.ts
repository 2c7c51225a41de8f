import { docsOf, isClerkSyncError } from '../errors'
import { type ClerkWebhookEvent, eventTime, isClerkId } from '../events/events'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type { DeliveryEntry } from '../store/delivery-log'
import { withDeadline } from '../time/deadline'
import type { Applied, SyncResult } from './sync-result'

/** What noting a delivery may take once its own time is up. Svix waits five seconds longer than `timeoutMs` by default. */
const GRACE_MS = 1_000

/**
 * Does the work of one delivery, and notes in logger and delivery log what became of it. A delivery that stored nothing has
 * exactly one line of `warn` or `error`: here where it was answered, in the handler where it failed.
 */
export async function logged(
  options: ResolvedClerkSyncOptions,
  event: ClerkWebhookEvent,
  messageId: string | undefined,
  deadline: number,
  work: () => Promise<Applied>,
): Promise<SyncResult> {
  const started = Date.now()
  const { type } = event
  const clerkId = isClerkId(event.data.id) ? event.data.id : undefined
  const note = async (end: Pick<DeliveryEntry, 'outcome' | 'errorCode' | 'isHookDone'>): Promise<boolean> => {
    if (messageId === undefined) return true
    const durationMs = Date.now() - started
    const entry = {
      messageId,
      type,
      clerkId,
      instanceId: isClerkId(event.instance_id) ? event.instance_id : undefined,
      eventAt: eventTime(event),
      durationMs,
      ...end,
    }
    return record(options, entry, Math.max(deadline, Date.now() + GRACE_MS))
  }
  try {
    const { isHookDone = false, ...result } = await work()
    const { outcome, conflict } = result
    options.logger.info({ messageId, type, clerkId, outcome, durationMs: Date.now() - started }, 'clerk event synced')
    const isNoted = await note({ outcome, isHookDone, ...(conflict && { errorCode: conflict.code }) })
    const problem = problemOf(options, event, result)
    if (problem || !isNoted) {
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
    return result
  } catch (error) {
    await note({ errorCode: isClerkSyncError(error) ? error.code : 'unexpected' })
    throw error
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

/** A log that cannot be written costs no user: the state is stored, and Svix asks for nothing but that. `false`: not written. */
async function record(
  { deliveryLog, connect, logger }: ResolvedClerkSyncOptions,
  entry: DeliveryEntry,
  deadline: number,
): Promise<boolean> {
  if (!deliveryLog) return true
  const work = async () => {
    await connect()
    await deliveryLog.record(entry, { logger, deadline })
  }
  try {
    await withDeadline(deadline, work())
    return true
  } catch {
    return false
  }
}
