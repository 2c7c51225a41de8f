import { withDeadline } from './deadline'
import { isClerkSyncError } from './errors'
import { type ClerkWebhookEvent, eventTime, isClerkId } from './events'
import type { ResolvedClerkSyncOptions } from './resolved-options'
import type { DeliveryEntry } from './store'
import type { SyncResult } from './sync'

/** What noting a delivery may take once its own time is up. Svix waits five seconds longer than `timeoutMs` by default. */
const GRACE_MS = 1_000

/** Does the work of one delivery, and notes in logger and delivery log what became of it. */
export async function logged(
  options: ResolvedClerkSyncOptions,
  event: ClerkWebhookEvent,
  messageId: string | undefined,
  deadline: number,
  work: () => Promise<SyncResult>,
): Promise<SyncResult> {
  const started = Date.now()
  const { type } = event
  const clerkId = isClerkId(event.data.id) ? event.data.id : undefined
  const note = async (end: Pick<DeliveryEntry, 'outcome' | 'errorCode'>) => {
    if (messageId === undefined) return
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
    await record(options, entry, Math.max(deadline, Date.now() + GRACE_MS))
  }
  try {
    const result = await work()
    const { outcome, conflict } = result
    options.logger.info({ messageId, type, clerkId, outcome, durationMs: Date.now() - started }, 'clerk event synced')
    await note({ outcome, ...(conflict && { errorCode: conflict.code }) })
    return result
  } catch (error) {
    await note({ errorCode: isClerkSyncError(error) ? error.code : 'unexpected' })
    throw error
  }
}

/** A log that cannot be written costs nobody a user: the state is stored, and Svix asks for nothing but that. */
async function record(
  { deliveryLog, connect, logger }: ResolvedClerkSyncOptions,
  entry: DeliveryEntry,
  deadline: number,
): Promise<void> {
  if (!deliveryLog) return
  const work = async () => {
    await connect()
    await deliveryLog.record(entry, { logger, deadline })
  }
  try {
    await withDeadline(deadline, work())
  } catch {
    logger.warn({ messageId: entry.messageId, type: entry.type }, 'the delivery could not be noted in the delivery log')
  }
}
