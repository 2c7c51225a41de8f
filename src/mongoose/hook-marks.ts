import type { HookMarks, SettledHook, WriteContext } from '../store'
import { type AnyDoc, durable, type Target, valueAt, within } from './target'
import { settleTombstone, type Tombstone } from './tombstones'

/**
 * The part of a guarded write that leaves its hook's mark, so that the two are stored together or not at all.
 * The sentinel has a path of its own: one command cannot both add to a list and start that list for inserts alone.
 */
export function markWith({ paths }: Target, { message, sentinel }: HookMarks, isLinking: boolean): AnyDoc {
  return {
    ...(message !== undefined && { $addToSet: { [paths.clerkHooksDue]: message } }),
    ...(sentinel !== undefined && { [isLinking ? '$set' : '$setOnInsert']: { [paths.clerkSentinelDue]: sentinel } }),
  }
}

/** The marks that stand: messages, or types, whose hook has not finished. */
export function dueOf({ paths }: Target, doc: AnyDoc | undefined, tombstone?: Tombstone | null): string[] {
  const messages = doc && valueAt(doc, paths.clerkHooksDue)
  const sentinel = doc && valueAt(doc, paths.clerkSentinelDue)
  const marks = [...(Array.isArray(messages) ? messages : []), sentinel, ...(tombstone?.hooksDue ?? [])]
  return marks.filter((mark): mark is string => typeof mark === 'string')
}

/** Takes a hook's marks away: one command where no other hook of this user is due, which is nearly always. */
export async function settleMarks(
  target: Target,
  clerkId: string,
  hook: SettledHook,
  context: WriteContext,
): Promise<void> {
  if (hook.isDeletion) return settleTombstone(target, clerkId, hook, context)
  const { clerkHooksDue, clerkSentinelDue } = target.paths
  const options = { ...durable, ...within(context) }
  const users = target.model.collection
  const own = { [target.idPath]: clerkId }
  const sentinel = hook.sentinel === undefined ? {} : { [clerkSentinelDue]: 1 }
  const alone = { ...own, [clerkHooksDue]: [hook.message] }
  if ((await users.updateOne(alone, { $unset: { [clerkHooksDue]: 1, ...sentinel } }, options)).matchedCount > 0) return
  const among = {
    ...own,
    $or: [{ [clerkHooksDue]: hook.message ?? null }, { [clerkSentinelDue]: hook.sentinel ?? null }],
  }
  const rest = {
    $pull: { [clerkHooksDue]: hook.message } as never,
    ...(hook.sentinel !== undefined && { $unset: sentinel }),
  }
  if ((await users.updateOne(among, rest, options)).matchedCount > 0) return
  // A hard deletion took the document and left its marks to the tombstone.
  await settleTombstone(target, clerkId, hook, context)
}
