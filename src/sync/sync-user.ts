import type { ClerkUserDeletedEvent, ClerkUserEvent } from '../events/events'
import { eventTime } from '../events/events'
import { type AnyHook, runHook } from '../hooks/hooks'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type { HookMarks, SettledHook, SyncOutcome, WriteContext, WriteResult } from '../store/write'
import type { Applied, Delivery } from './sync-result'

type UserEvent = ClerkUserEvent | ClerkUserDeletedEvent

/** Applies a user event with one store call, then runs the event's hook. */
export async function syncUser(options: ResolvedClerkSyncOptions, delivery: Delivery<UserEvent>): Promise<Applied> {
  const { store, hooks } = options
  const { event, messageId, deadline } = delivery
  const hook = hooks.get(event.type)
  const context = writeContext(options, delivery)
  const {
    due = [],
    changes,
    ...result
  } = event.type === 'user.deleted'
    ? await store.deleteFromClerk(event.data.id as string, context)
    : await store.upsertFromClerk(event.data, context)
  if (!hook) return result
  // Without a mark, the hook has run or the event was stale. After a conflict the event may still be applied later.
  if (!isDue(event, messageId, due, result.outcome)) return { ...result, isHookDone: result.outcome !== 'conflict' }
  const user = await store.findByClerkId(result.clerkId, context)
  await runHook(hook, { event, user, outcome: result.outcome, changes, messageId }, deadline)
  if (messageId !== undefined || mayOwe(event, due, result.outcome)) {
    await store.clearHookMarks(result.clerkId, settled(event, messageId), context)
  }
  return { ...result, isHookDone: true }
}

function writeContext(
  { rules, fetchUser, changes, hooks, deliveryLog, logger }: ResolvedClerkSyncOptions,
  { event, messageId, deadline }: Delivery<UserEvent>,
): WriteContext {
  const ask = fetchUser()
  const eventAt = eventTime(event)
  return {
    ...rules,
    ...(messageId !== undefined && { messageId }),
    ...(eventAt !== undefined && { eventAt }),
    ...(ask && { fetchUser: ask }),
    ...(changes && hooks.has(event.type) && { changes }),
    ...(deliveryLog &&
      messageId !== undefined && { isFinished: () => deliveryLog.isHookDone(messageId, { logger, deadline }) }),
    marks: marksFor(hooks, event, messageId),
    logger,
    deadline,
  }
}

/**
 * Marks to leave with the write. A hook belongs to its message: if another event creates the document, `user.created`
 * keeps its hook pending.
 */
function marksFor(hooks: ReadonlyMap<string, AnyHook>, { type }: UserEvent, messageId: string | undefined): HookMarks {
  const isEarly = type === 'user.updated' && hooks.has('user.created')
  // A process without hooks may have applied the deletion, so the pending type of its tombstone is read.
  const isUntold = type === 'user.deleted' && hooks.has(type) && messageId === undefined
  return {
    ...(hooks.has(type) && messageId !== undefined && { message: messageId }),
    ...(isUntold && { pendingType: type }),
    ...(isEarly && { pendingType: 'user.created' }),
    ...(hooks.size > 0 && { hasHooks: true }),
  }
}

const applied: readonly SyncOutcome[] = ['created', 'updated', 'linked', 'deleted']

/** Whether the event's hook must run: it has a mark from this delivery or an earlier one. */
function isDue(
  { type }: UserEvent,
  messageId: string | undefined,
  due: readonly string[],
  outcome: WriteResult['outcome'],
): boolean {
  // Without a message id there is no redelivery, so no mark was left.
  if (messageId === undefined && applied.includes(outcome)) return true
  return due.includes(type) || (messageId !== undefined && due.includes(messageId))
}

/** True if a pending-type mark may exist: `user.created` updated a document that another write had created. */
function mayOwe({ type }: UserEvent, due: readonly string[], outcome: SyncOutcome): boolean {
  return due.includes(type) || (type === 'user.created' && outcome === 'updated')
}

function settled({ type }: UserEvent, message: string | undefined): SettledHook {
  return {
    ...(message !== undefined && { message }),
    ...(type !== 'user.updated' && { pendingType: type }),
    ...(type === 'user.deleted' && { isDeletion: true }),
  }
}
