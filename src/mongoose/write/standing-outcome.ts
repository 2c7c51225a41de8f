import { docsOf } from '../../errors'
import type { OnDelete, SyncOutcome, WriteContext, WriteResult } from '../../store/write'
import { deleteDocument, removeLateInsert } from '../deletion/delete'
import { dueOf } from '../deletion/pending-hooks'
import type { Tombstone } from '../deletion/tombstone'
import { unfinishedBy } from '../deletion/unfinished'
import type { Incoming } from '../target/incoming'
import { type AnyDoc, canonical, type Target, valueAt } from '../target/target'
import { holdsSame } from './compare-stored'
import { clearHookMarks } from './hook-marks'
import { type Standing, showsConflict } from './own-document'

/** One version to apply, and how. */
export interface GuardedWrite {
  target: Target
  incoming: Incoming
  onDelete: OnDelete
  context: WriteContext
}

/** The result of a write with this outcome. */
export const resultOf = (
  { incoming }: GuardedWrite,
  outcome: SyncOutcome,
  rest?: Partial<WriteResult>,
): WriteResult => ({ outcome, clerkId: incoming.clerkId, ...rest })

/** A result with more marks. */
export const withDue = (result: WriteResult, due: readonly string[]): WriteResult => ({
  ...result,
  due: [...new Set([...due, ...(result.due ?? [])])],
})

/**
 * The result that the stored document and its tombstone determine, or the write to apply instead of this one, with data
 * that Clerk has now. `undefined` if the document is behind or absent.
 */
export async function outcomeOf(
  write: GuardedWrite,
  standing: Standing,
): Promise<WriteResult | { instead: GuardedWrite } | undefined> {
  const { due } = standing
  switch (standing.kind) {
    case 'lateInsert': {
      // Written before a deletion that may still be in progress: its pending hooks must run.
      const { tombstone, wasAlive } = standing
      await removeLateInsert(write.target, tombstone, { ...write, isLateInsert: !wasAlive })
      return resultOf(write, 'stale', { due: wasAlive ? due : await pendingAfterRemoval(write, tombstone) })
    }
    case 'deleted':
      if (standing.doc) await finishDeletion(write, standing.doc)
      return resultOf(write, 'stale', { due })
    case 'newer':
      return resultOf(write, 'stale', { due })
    case 'same':
      return resultOf(write, 'duplicate', { due })
    case 'tie': {
      const instead = await resolveTie(write, standing.doc)
      return instead ? { instead } : resultOf(write, 'stale', { due })
    }
    default:
      return undefined
  }
}

/** Completes a deletion that a weaker rule applied to a late insert, before the inserting process could check. */
async function finishDeletion({ target, incoming, onDelete, context }: GuardedWrite, doc: AnyDoc): Promise<void> {
  const { clerkId } = incoming
  // A function runs with the deletion's own message, which what ended with its owner may never get.
  const hasMessage = incoming.owners.length === 0
  if ((typeof onDelete === 'function' && hasMessage) || !unfinishedBy(target, onDelete, context)(doc, clerkId)) return
  await deleteDocument(target, clerkId, onDelete, context)
}

/**
 * Pending hooks after a late insert is removed: those its tombstone has kept. Drops the insert's own hook mark: that
 * insert should never have happened.
 */
export async function pendingAfterRemoval(
  { target, incoming, context }: GuardedWrite,
  tombstone: Tombstone,
): Promise<string[]> {
  const due = dueOf(target, undefined, tombstone)
  const { message } = context.marks ?? {}
  if (message !== undefined && !due.includes(message))
    await clearHookMarks(target, incoming.clerkId, { message }, context)
  return due
}

/** Resolves two events with one version and different values by asking Clerk. `undefined` keeps the stored values. */
async function resolveTie(write: GuardedWrite, stored: AnyDoc): Promise<GuardedWrite | undefined> {
  const { target, incoming, context } = write
  const fresh = await incoming.fetch(incoming.clerkId)
  if (fresh === undefined) {
    context.logger?.warn(
      { messageId: context.messageId, clerkId: incoming.clerkId, docs: docsOf('clerk_key_missing') },
      'two events have the same version and different values: the first one is kept, because no CLERK_SECRET_KEY is set to fetch the user with',
    )
    return undefined
  }
  // If Clerk has a newer version, or the user no more, that event will arrive with its own hook.
  if (!fresh || fresh.at > incoming.at || holdsSame(target, fresh, stored)) return undefined
  const isFinished = await (context.isFinished?.() ?? wasApplied(target, incoming, stored))
  if (!isFinished) return { ...write, incoming: fresh }
  // Without its own values, another message of this version is on its way, and must find its hook due.
  if (canonical([...fresh.values]) !== canonical([...incoming.values])) return undefined
  const { marks: _, ...unmarked } = context
  return { ...write, incoming: fresh, context: unmarked }
}

/** Without a delivery log: whether this message was applied, as the document lacks only the value in conflict. */
function wasApplied(target: Target, incoming: Incoming, stored: AnyDoc): boolean {
  if (!showsConflict(target, stored)) return false
  const inConflict = valueAt(stored, target.paths.syncErrorPath)
  const values = new Map([...incoming.values].filter(([path]) => path !== inConflict))
  return holdsSame(target, { ...incoming, values }, stored)
}
