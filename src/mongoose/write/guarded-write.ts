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

/** How often a write starts over because somebody else changed what it had looked at. */
const MAX_MISSES = 6
/** Bounds what no miss is: conceding and taking values, of which there are a few per path. */
const MAX_ROUNDS = 32

/**
 * Applies one version: the newest wins, deletion is final, a conflict is settled or reported. Every way in ends here.
 *
 * One command where nothing stands in the way, and one look after an insert. Whatever refuses it, the own document and its
 * tombstone are looked at first: a guard that misses makes the upsert collide with the user's own values, on any index.
 *
 * @param local The local document it is known to belong to, as it is stored.
 * @throws {ClerkSyncError} `contention` when six rounds were not enough; the redelivery will find calmer times.
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
  // Nobody delivers this again, so an insert that dies before looking would stay: look before as well.
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
      // Nothing was written, so `status` has no other way to find the user.
      await noteUnstored(target, incoming, settlement, context)
      return answer(write, 'conflict', { conflict: settlement })
    }
    if (settlement === 'unexplained') misses++
  }
  throw new ClerkSyncError('contention', 'Others kept changing the same users; nothing was written.')
}

/** Before the first insert: a local account that the user may belong to. */
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

/** The answer to a write that was made, once it is known that no deletion came before it. `due`: what an earlier look found. */
async function afterApplying(write: Write, attempt: AppliedAttempt, due: readonly string[]): Promise<WriteResult> {
  const { target, incoming, onDelete, context, concessions } = write
  if (attempt.kind === 'updated' && concessions.echo === 'yes') return answer(write, 'duplicate', { due: [...due] })
  // Where deletions remove documents, an update can meet a late insert that is about to be removed, and must not run its hook.
  const mayBeBuried = onDelete === 'hard' && context.marks?.message !== undefined
  const isToBeLookedAt = attempt.kind !== 'updated' || mayBeBuried
  const tombstone = isToBeLookedAt ? await findTombstone(target, incoming.clerkId, context) : undefined
  if (tombstone) {
    // An update met a document that may owe hooks of others.
    await removeLateInsert(write, tombstone, attempt.kind !== 'updated')
    return answer(write, 'stale', { due: await onlyOwed(write, tombstone) })
  }
  const [conflict] = concessions.withheld.values()
  const { kind, changes } = attempt
  const { leftOut } = concessions
  const rest = { due: dueAfter(context, kind), ...(changes && { changes }), ...(leftOut && { conflict: leftOut }) }
  return conflict ? answer(write, 'conflict', { ...rest, conflict }) : answer(write, kind, rest)
}

/** What a look at the own document and its tombstone decides; `undefined`: nothing, the document is behind or there is none. */
async function outcomeOf(write: Write, standing: Standing): Promise<WriteResult | undefined> {
  const { due } = standing
  switch (standing.kind) {
    case 'lateInsert': {
      // Written before the deletion came, which may only be under way: then it owes its hooks rightly.
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

/** A late insert may have been deleted by a weaker rule, before the process that made it could look. */
async function finishDeletion({ target, incoming, onDelete, context }: Write, doc: AnyDoc): Promise<void> {
  const { clerkId } = incoming
  // A function is owed by the deletion, and runs with its message.
  if (typeof onDelete === 'function' || !unfinishedBy(target, onDelete, context)(doc, clerkId)) return
  await deleteDocument(target, clerkId, onDelete, context)
}

function removeLateInsert({ target, onDelete, context }: Write, { _id, deletedAt }: Tombstone, isLateInsert: boolean) {
  return deleteDocument(target, _id, onDelete, { ...context, eventAt: deletedAt.getTime() }, { isLateInsert })
}

async function settle(write: Write, attempt: Attempt, own: AnyDoc | undefined): Promise<Settlement> {
  const { concessions } = write
  // A document of its own by now: what was to be linked stays a local account.
  if (own) concessions.linkTo = undefined
  if (attempt.kind === 'collided') return settleCollision({ ...write, index: attempt.index, own })
  if (attempt.kind === 'refused') {
    const { paths, by } = attempt
    return resolveRefusal({ ...write, own, paths, ...(by && { by }) })
  }
  if ('required' in attempt && !own) return hostRule(attempt.required, 'required')
  // The local account was changed meanwhile.
  const again =
    concessions.linkTo && !own && (await readLocalAccount(write.target, concessions.linkTo._id, write.context))
  // It is another's by now, or gone; or the document that was to be updated is.
  concessions.linkTo = undefined
  if (again) linkTo(write, again)
  concessions.withheld.clear()
  concessions.whole.clear()
  return 'unexplained'
}

/**
 * What is owed once a late insert is removed: what the tombstone had kept by then. The mark of the insert itself never runs, also
 * where a deletion under way has just kept it.
 */
async function onlyOwed({ target, incoming, context }: Write, tombstone: Tombstone): Promise<string[]> {
  const due = dueOf(target, undefined, tombstone)
  const { message } = context.marks ?? {}
  if (message !== undefined && !due.includes(message)) await settleMarks(target, incoming.clerkId, { message }, context)
  return due
}

/** Two events claim one version with different values: Clerk knows which is right. `undefined`: the stored one, or nobody can tell. */
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
  // Where Clerk is further ahead, the event that took it there comes by itself, with a hook of its own.
  if (fresh.at > incoming.at || holdsSame(target, fresh, stored)) return undefined
  const { marks: _, ...unmarked } = context
  // Where a conflict is why they differ, this message was applied, and its hook is not owed once more.
  const isExplained = valueAt(stored, target.paths.syncError) !== undefined
  const isFinished = isExplained || (await context.isFinished?.())
  return guardedWrite(target, fresh, onDelete, isFinished ? unmarked : context)
}

/** The marks that a write of ours leaves. */
function dueAfter({ marks: { message, pendingType } = {} }: WriteContext, kind: AppliedAttempt['kind']): string[] {
  return [message, kind === 'updated' ? undefined : pendingType].filter((mark) => mark !== undefined)
}
