import type { ClerkResourceEvent, ClerkWebhookEvent } from '../events/events'
import { type AnyHook, runHook } from '../hooks/hooks'
import type { ResolvedClerkSyncOptions, StoredResource } from '../resolved-options'
import type { FinishedHook, HookMarks, SyncOutcome, WriteContext, WriteResult } from '../store/write'
import type { Applied, Delivery } from './sync-result'

/**
 * Marks to leave with the write. A hook belongs to its message: if another event creates the document, `user.created`
 * keeps its hook pending.
 */
export function marksFor(
  hooks: ReadonlyMap<string, AnyHook>,
  { type }: ClerkResourceEvent,
  messageId: string | undefined,
): HookMarks {
  const [name] = type.split('.')
  const created = `${name}.created`
  const isEarly = type === `${name}.updated` && hooks.has(created)
  // A process without hooks may have applied the deletion, so the pending type of its tombstone is read.
  const isUntold = type === `${name}.deleted` && hooks.has(type) && messageId === undefined
  return {
    ...(hooks.has(type) && messageId !== undefined && { message: messageId }),
    ...(isUntold && { pendingType: type }),
    ...(isEarly && { pendingType: created }),
    ...(hooks.size > 0 && { hasHooks: true }),
  }
}

/** A write whose event has a hook. */
interface Written {
  hook: AnyHook
  result: WriteResult
  context: WriteContext
}

/** Runs the hook of an event about a stored resource, unless it ran before. */
export async function runEventHook(
  options: ResolvedClerkSyncOptions,
  { name, store }: StoredResource,
  { event, messageId, deadline }: Delivery<ClerkResourceEvent>,
  { hook, result: { due = [], changes, ...result }, context }: Written,
): Promise<Applied> {
  // Without a mark there is nothing to run. Whether an earlier delivery ran the hook, the delivery log knows itself.
  if (!isDue(event, messageId, due, result.outcome)) return result
  const clearMarks = () => store.clearHookMarks(result.clerkId, finishedHook(event, messageId), context)
  const isMarked = messageId !== undefined || mayBePending(event, due, result.outcome)
  // An earlier delivery may have ended between the log entry and the removal of the mark.
  const isLogged = !applied.includes(result.outcome) && (await context.isFinished?.())
  if (isLogged) return { ...result, isHookDone: true, clearMarks }
  const doc = await store.findByClerkId(result.clerkId, context)
  const found = { user: null, [name]: doc }
  const hookContext = { event, ...found, outcome: result.outcome, changes, messageId }
  await options.meter.span('hook', {}, () => runHook(hook, hookContext, deadline))
  return { ...result, isHookDone: true, ...(isMarked && { clearMarks }) }
}

/** Runs the hook of an event that has no document. Only the delivery log can record that it succeeded. */
export async function runLooseHook(
  { connect, deliveryLog, logger, meter }: ResolvedClerkSyncOptions,
  hook: AnyHook,
  { event, messageId, deadline }: Delivery<ClerkWebhookEvent>,
): Promise<void> {
  if (deliveryLog && messageId !== undefined) {
    await connect()
    if (await deliveryLog.isHookDone(messageId, { logger, deadline })) return
  }
  const hookContext = { event, user: null, outcome: 'ignored', changes: undefined, messageId } as const
  await meter.span('hook', {}, () => runHook(hook, hookContext, deadline))
}

const applied: readonly SyncOutcome[] = ['created', 'updated', 'linked', 'deleted']

/** Whether the event's hook must run: it has a mark from this delivery or an earlier one. */
function isDue(
  { type }: ClerkResourceEvent,
  messageId: string | undefined,
  due: readonly string[],
  outcome: WriteResult['outcome'],
): boolean {
  // Without a message id there is no redelivery, so no mark was left.
  if (messageId === undefined && applied.includes(outcome)) return true
  // A change that came along in another event waits for the event of the same version.
  const isPending = due.includes(type) && (!type.endsWith('.updated') || outcome === 'duplicate')
  return isPending || (messageId !== undefined && due.includes(messageId))
}

/** True if a pending-type mark may exist: `user.created` updated a document that another write had created. */
function mayBePending({ type }: ClerkResourceEvent, due: readonly string[], outcome: SyncOutcome): boolean {
  return due.includes(type) || (type.endsWith('.created') && outcome === 'updated')
}

function finishedHook({ type }: ClerkResourceEvent, message: string | undefined): FinishedHook {
  return {
    ...(message !== undefined && { message }),
    pendingType: type,
    ...(type.endsWith('.deleted') && { isDeletion: true }),
  }
}
