import { ClerkSyncError, docsOf } from '../../errors'
import type { OnDelete, SyncOutcome, WriteContext, WriteResult } from '../../store/write'
import { deleteDocument } from '../deletion/delete'
import type { Tombstone } from '../deletion/tombstone'
import { findTombstone } from '../deletion/tombstones'
import { unfinishedBy } from '../deletion/unfinished'
import { adaptToPush, linkTo, lookBeyondPush } from '../push/meet-push'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import { type AppliedAttempt, type Attempt, attemptWrite } from './attempt'
import { type Settlement, settleCollision } from './collision'
import { hostRule } from './conflict-reason'
import { dueOf, settleMarks } from './hook-marks'
import { Concessions, holdsSame, type Incoming } from './incoming'
import { findLocalAccount, readLocalAccount } from './local-account'
import type { Standing } from './own-document'
import { resolveRefusal } from './refused'
import { noteUnstored } from './unstored'

/** How often a write starts over because another write changed what it had read. */
const MAX_MISSES = 6
/** Limits the other rounds, which relax the write or take values: a few per path. */
const MAX_ROUNDS = 32

/**
 * Applies one version: the newest wins, a deletion is final, and a conflict is resolved or reported. All writes end
 * here.
 *
 * Needs one command if nothing conflicts, and one read after an insert. After any refusal it first reads the user's
 * document and tombstone, because an upsert whose guard does not match collides with the user's own values, on any
 * index.
 *
 * @param local The user's local document as stored, if known.
 * @throws {ClerkSyncError} `contention` after six rounds; a redelivery will retry.
 */
export async function guardedWrite(
  target: Target,
  incoming: Incoming,
  onDelete: OnDelete,
  context: WriteContext,
  local?: AnyDoc,
): Promise<WriteResult> {
  const write: Write = { target, incoming, onDelete, context, concessions: new Concessions(target, incoming) }
  if (local) linkTo(write, local)
  // There is no redelivery, so an insert that crashed before its check would stay: check before it as well.
  if (!context.messageId && (await findTombstone(target, incoming.clerkId, context))) return answer(write, 'stale')

  let due: readonly string[] = []
  for (let misses = 0, rounds = 0; misses < MAX_MISSES && rounds < MAX_ROUNDS; rounds++) {
    const attempt = await attemptWrite(target, incoming, write.concessions, context)
    if (isApplied(attempt)) return afterApplying(write, attempt, due)
    const standing = await lookBeyondPush(target, incoming, context)
    due = standing.due
    const found = await outcomeOf(write, standing)
    if (found) return found
    if (await lookedForLocal(write, standing)) continue
    if (adaptToPush(write, standing)) continue
    const settlement = await settle(write, attempt, standing.kind === 'behind' ? standing.doc : undefined)
    if (typeof settlement === 'object') {
      // Nothing was written, so `status` could not find the user otherwise.
      await noteUnstored(target, incoming, settlement, context)
      return answer(write, 'conflict', { conflict: settlement })
    }
    if (settlement === 'unexplained') misses++
  }
  throw new ClerkSyncError('contention', 'Others kept changing the same users; nothing was written.')
}

/** Before the first insert, looks for the user's local account. */
async function lookedForLocal(write: Write, standing: Standing): Promise<boolean> {
  const { target, incoming, context, concessions } = write
  if (standing.kind !== 'absent' || !concessions.isUpdateOnly) return false
  concessions.isUpdateOnly = false
  const { linkTo: local, conflict } = await findLocalAccount(target, incoming, concessions, context)
  if (local && !concessions.linkTo) linkTo(write, local)
  if (conflict) concessions.leftOut = conflict
  return true
}

interface Write {
  target: Target
  incoming: Incoming
  onDelete: OnDelete
  context: WriteContext
  concessions: Concessions
}

const isApplied = (attempt: Attempt): attempt is AppliedAttempt =>
  attempt.kind === 'created' || attempt.kind === 'updated' || attempt.kind === 'linked'

const answer = ({ incoming }: Write, outcome: SyncOutcome, rest?: Partial<WriteResult>): WriteResult => ({
  outcome,
  clerkId: incoming.clerkId,
  ...rest,
})

/**
 * The result of a write, after a check that no deletion preceded it.
 * @param due Marks that an earlier read found.
 */
async function afterApplying(write: Write, attempt: AppliedAttempt, due: readonly string[]): Promise<WriteResult> {
  const { target, incoming, onDelete, context, concessions } = write
  if (attempt.kind === 'updated' && concessions.echo === 'yes') return answer(write, 'duplicate', { due: [...due] })
  // If deletions remove documents, an update can hit a late insert about to be removed, and its hook must not run.
  const mayBeBuried = onDelete === 'hard' && context.marks?.message !== undefined
  const isToBeLookedAt = attempt.kind !== 'updated' || mayBeBuried
  const tombstone = isToBeLookedAt ? await findTombstone(target, incoming.clerkId, context) : undefined
  if (tombstone) {
    // An update may have hit a document with other messages' pending hooks.
    await removeLateInsert(write, tombstone, attempt.kind !== 'updated')
    return answer(write, 'stale', { due: await onlyOwed(write, tombstone) })
  }
  const [conflict] = concessions.withheld.values()
  const { kind, changes } = attempt
  const { leftOut } = concessions
  const rest = { due: dueAfter(context, kind), ...(changes && { changes }), ...(leftOut && { conflict: leftOut }) }
  return conflict ? answer(write, 'conflict', { ...rest, conflict }) : answer(write, kind, rest)
}

/** The result that the stored document and its tombstone determine; `undefined` if the document is behind or absent. */
async function outcomeOf(write: Write, standing: Standing): Promise<WriteResult | undefined> {
  const { due } = standing
  switch (standing.kind) {
    case 'lateInsert': {
      // Written before a deletion that may still be in progress: its pending hooks must run.
      const { tombstone, wasAlive } = standing
      await removeLateInsert(write, tombstone, !wasAlive)
      return answer(write, 'stale', { due: wasAlive ? due : await onlyOwed(write, tombstone) })
    }
    case 'deleted':
      if (standing.doc) await finishDeletion(write, standing.doc)
      return answer(write, 'stale', { due })
    case 'newer':
      return answer(write, 'stale', { due })
    case 'same':
      return answer(write, 'duplicate', { due })
    case 'tie': {
      const settled = await settleTie(write, standing.doc)
      return settled
        ? { ...settled, due: [...new Set([...due, ...(settled.due ?? [])])] }
        : answer(write, 'stale', { due })
    }
    default:
      return undefined
  }
}

/** Completes a deletion that a weaker rule applied to a late insert, before the inserting process could check. */
async function finishDeletion({ target, incoming, onDelete, context }: Write, doc: AnyDoc): Promise<void> {
  const { clerkId } = incoming
  // A function runs with the deletion's own message.
  if (typeof onDelete === 'function' || !unfinishedBy(target, onDelete, context)(doc, clerkId)) return
  await deleteDocument(target, clerkId, onDelete, context)
}

function removeLateInsert({ target, onDelete, context }: Write, { _id, deletedAt }: Tombstone, isLateInsert: boolean) {
  return deleteDocument(target, _id, onDelete, { ...context, eventAt: deletedAt.getTime() }, { isLateInsert })
}

async function settle(write: Write, attempt: Attempt, own: AnyDoc | undefined): Promise<Settlement> {
  const { concessions } = write
  // The user has its own document now, so the local account is not linked.
  if (own) concessions.linkTo = undefined
  if (attempt.kind === 'collided') return settleCollision({ ...write, index: attempt.index, own })
  if (attempt.kind === 'refused') {
    const { paths, by } = attempt
    return resolveRefusal({ ...write, own, paths, ...(by && { by }) })
  }
  if ('required' in attempt && !own) return hostRule(attempt.required, 'required')
  // The local account changed meanwhile.
  const again =
    concessions.linkTo && !own && (await readLocalAccount(write.target, concessions.linkTo._id, write.context))
  // The local account was linked or removed meanwhile, or the document to update was.
  concessions.linkTo = undefined
  if (again) linkTo(write, again)
  concessions.withheld.clear()
  concessions.whole.clear()
  return 'unexplained'
}

/**
 * Pending hooks after a late insert is removed: those its tombstone has kept. Drop the insert's own hook mark: that
 * insert should never have happened.
 */
async function onlyOwed({ target, incoming, context }: Write, tombstone: Tombstone): Promise<string[]> {
  const due = dueOf(target, undefined, tombstone)
  const { message } = context.marks ?? {}
  if (message !== undefined && !due.includes(message)) await settleMarks(target, incoming.clerkId, { message }, context)
  return due
}

/** Resolves two events with one version and different values by asking Clerk. `undefined` keeps the stored values. */
async function settleTie(
  { target, incoming, onDelete, context }: Write,
  stored: AnyDoc,
): Promise<WriteResult | undefined> {
  const fresh = await incoming.refetch()
  if (!fresh) {
    context.logger?.warn(
      { messageId: context.messageId, clerkId: incoming.clerkId, docs: docsOf('clerk_key_missing') },
      'two events claim the same version with different values: the first one stays, as no CLERK_SECRET_KEY is set to ask Clerk with',
    )
    return undefined
  }
  // If Clerk has a newer version, its event will arrive with its own hook.
  if (fresh.at > incoming.at || holdsSame(target, fresh, stored)) return undefined
  const { marks: _, ...unmarked } = context
  // If a conflict explains the difference, this message was applied, and its hook need not run again.
  const isExplained = valueAt(stored, target.paths.syncError) !== undefined
  const isFinished = isExplained || (await context.isFinished?.())
  return guardedWrite(target, fresh, onDelete, isFinished ? unmarked : context)
}

/** The marks that our own write leaves. */
function dueAfter({ marks: { message, pendingType } = {} }: WriteContext, kind: AppliedAttempt['kind']): string[] {
  return [message, kind === 'updated' ? undefined : pendingType].filter((mark) => mark !== undefined)
}
