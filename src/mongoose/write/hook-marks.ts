import type { FinishedHook, WriteContext } from '../../store/write'
import { clearTombstoneMarks } from '../deletion/tombstones'
import { atDatabase } from '../target/database-error'
import { type AnyDoc, durable, type SyncModel, type Target, within } from '../target/target'

/**
 * Removes a hook's marks, with one command if no other hook of this user is pending. If deletions remove documents, the
 * tombstone is updated too, because a deletion in progress may have read the mark and be about to keep it.
 */
export function clearHookMarks(
  target: Target,
  clerkId: string,
  hook: FinishedHook,
  context: WriteContext,
): Promise<void> {
  return atDatabase(() => clearMarks(target, clerkId, hook, context))
}

async function clearMarks(target: Target, clerkId: string, hook: FinishedHook, context: WriteContext): Promise<void> {
  const isInDocument = !hook.isDeletion && (await clearInDocument(target, clerkId, hook, context))
  const { onDelete = target.options.rules.onDelete } = context
  if (!isInDocument || onDelete === 'hard') await clearTombstoneMarks(target, clerkId, hook, context)
}

async function clearInDocument(
  target: Target,
  clerkId: string,
  hook: FinishedHook,
  context: WriteContext,
): Promise<boolean> {
  const { clerkHooksDue, clerkPendingType } = target.paths
  const { message, pendingType } = hook
  // Only the pending hook of a creation has a path of its own: see `markWith`.
  const isCreation = pendingType === createdType(target)
  const listed = [message, isCreation ? undefined : pendingType].filter((mark) => mark !== undefined)
  const own = { [target.idPath]: clerkId }
  const clear = async (marks: AnyDoc, update: AnyDoc) => {
    const options = { ...durable, ...within(context) }
    return (await target.model.collection.updateOne({ ...own, ...marks }, update, options)).matchedCount > 0
  }
  // Only given marks: a filter for a missing one would match every document without it.
  const ofList = listed.length > 0 && { [clerkHooksDue]: { $in: listed } }
  const ofPendingType = isCreation && { [clerkPendingType]: pendingType }
  if (!ofList && !ofPendingType) return true
  const $unset = ofPendingType && { [clerkPendingType]: 1 }
  if (
    message !== undefined &&
    (await clear({ [clerkHooksDue]: [message] }, { $unset: { [clerkHooksDue]: 1, ...$unset } }))
  )
    return true
  const standing = { $or: [ofList, ofPendingType].filter((mark) => mark !== false) }
  return clear(standing, { ...(ofList && { $pull: ofList }), ...($unset && { $unset }) })
}

const createdType = ({ options }: Target): string => `${options.entity.eventName}.created`

/** Event types with hooks in any `createClerkSync` of this process, by model. */
const hooked = new WeakMap<SyncModel, ReadonlySet<string>>()

/** Records the event types with hooks, so that the model's statics can leave marks for them. */
export function addHookTypes(model: SyncModel, hookTypes: ReadonlySet<string>): void {
  hooked.set(model, new Set([...(hooked.get(model) ?? []), ...hookTypes]))
}

/** Adds the mark that leaves the hook of a creation pending until its message arrives. */
export function marked(target: Target, context: WriteContext): WriteContext {
  const pendingType = createdType(target)
  const isPending = context.marks === undefined && hooked.get(target.model)?.has(pendingType)
  return isPending ? { ...context, marks: { pendingType } } : context
}
