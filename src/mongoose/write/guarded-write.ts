import { ClerkSyncError } from '../../errors'
import type { WriteContext, WriteResult } from '../../store/write'
import { removeLateInsert } from '../deletion/delete'
import { findTombstone } from '../deletion/tombstones'
import type { AnyDoc } from '../target/target'
import { type AppliedAttempt, type Attempt, attemptWrite } from './attempt'
import { resolveCollision } from './collision'
import { hostRule } from './conflict-reason'
import { lookAtOwn, readLocalAccount, type Standing } from './own-document'
import { linkTo, pushExtension } from './push-extension'
import { resolveRefusal } from './refused'
import type { Resolution } from './resolution'
import { RetryState } from './retry-state'
import { type GuardedWrite, outcomeOf, pendingAfterRemoval, resultOf } from './standing-outcome'
import { recordUnstored } from './unstored'

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
export async function guardedWrite(write: GuardedWrite, local?: AnyDoc): Promise<WriteResult> {
  const { target, incoming, context } = write
  // There is no redelivery, so an insert that crashed before its check would stay: check before it as well.
  if (!context.messageId && (await findTombstone(target, incoming.clerkId, context))) return resultOf(write, 'stale')

  const first = new RetryState(target, incoming)
  let state = local ? linkTo(target, incoming, first, local) : first
  let due: readonly string[] = []
  for (let misses = 0, rounds = 0; misses < MAX_MISSES && rounds < MAX_ROUNDS; rounds++) {
    const attempt = await attemptWrite(target, incoming, state, context)
    if (isApplied(attempt)) return afterApplying(write, state, attempt, due)
    const standing = await (pushExtension(target)?.read ?? lookAtOwn)(target, incoming, context)
    due = standing.due
    const found = await outcomeOf(write, standing)
    if (found && 'instead' in found) return withDue(await guardedWrite(found.instead), due)
    if (found) return found
    const next = await nextState(write, state, attempt, standing)
    if ('conflict' in next) {
      // Nothing was written, so `status` could not find the user otherwise.
      await recordUnstored(target, incoming, next.conflict, context)
      return resultOf(write, 'conflict', { conflict: next.conflict })
    }
    state = next.retry
    if (next.isUnexplained) misses++
  }
  throw new ClerkSyncError(
    'contention',
    'Other writers kept changing the same users. Nothing was written; the redelivery will retry.',
  )
}

const isApplied = (attempt: Attempt): attempt is AppliedAttempt =>
  attempt.kind === 'created' || attempt.kind === 'updated' || attempt.kind === 'linked'

const withDue = (result: WriteResult, due: readonly string[]): WriteResult => ({
  ...result,
  due: [...new Set([...due, ...(result.due ?? [])])],
})

/**
 * The result of a write, after a check that no deletion preceded it.
 * @param due Marks that an earlier read found.
 */
async function afterApplying(
  write: GuardedWrite,
  state: RetryState,
  attempt: AppliedAttempt,
  due: readonly string[],
): Promise<WriteResult> {
  const { target, incoming, onDelete, context } = write
  if (attempt.kind === 'updated' && state.push?.isEcho) return resultOf(write, 'duplicate', { due: [...due] })
  // If deletions remove documents, an update can hit a late insert about to be removed, and its hook must not run.
  const mayBeRemoved = onDelete === 'hard' && context.marks?.message !== undefined
  const needsCheck = attempt.kind !== 'updated' || mayBeRemoved
  const tombstone = needsCheck ? await findTombstone(target, incoming.clerkId, context) : undefined
  if (tombstone) {
    // An update may have hit a document with other messages' pending hooks.
    await removeLateInsert(target, tombstone, { ...write, isLateInsert: attempt.kind !== 'updated' })
    return resultOf(write, 'stale', { due: await pendingAfterRemoval(write, tombstone) })
  }
  const { kind, changes } = attempt
  const { leftOut, withheld } = state
  const [conflict] = withheld.values()
  const rest = { due: marksLeft(context, kind), ...(changes && { changes }), ...(leftOut && { conflict: leftOut }) }
  return conflict ? resultOf(write, 'conflict', { ...rest, conflict }) : resultOf(write, kind, rest)
}

/** The marks that our own write leaves. */
function marksLeft({ marks: { message, pendingType } = {} }: WriteContext, kind: AppliedAttempt['kind']): string[] {
  return [message, kind === 'updated' ? undefined : pendingType].filter((mark) => mark !== undefined)
}

/** What to try after a refused attempt, given what is stored. */
async function nextState(
  write: GuardedWrite,
  state: RetryState,
  attempt: Exclude<Attempt, AppliedAttempt>,
  standing: Standing,
): Promise<Resolution> {
  const { target, incoming } = write
  const adapted =
    (await withLocalAccount(write, state, standing)) ?? pushExtension(target)?.adapt(target, incoming, state, standing)
  return adapted ? { retry: adapted } : resolve(write, state, attempt, standing)
}

/** Before the first insert, looks for the user's local account. `undefined` if it was looked for, or is not needed. */
async function withLocalAccount(
  { target, incoming, context }: GuardedWrite,
  state: RetryState,
  standing: Standing,
): Promise<RetryState | undefined> {
  const { locals } = incoming
  if (!locals || standing.kind !== 'absent' || !state.isUpdateOnly) return undefined
  const { linkTo: local, conflict } = await locals.find(state.valueOf(locals.path), context)
  const next = state.with({ isUpdateOnly: false, leftOut: conflict ?? state.leftOut })
  return local && !state.linkTo ? linkTo(target, incoming, next, local) : next
}

async function resolve(
  { target, incoming, context }: GuardedWrite,
  given: RetryState,
  attempt: Exclude<Attempt, AppliedAttempt>,
  standing: Standing,
): Promise<Resolution> {
  const own = standing.kind === 'behind' ? standing.doc : undefined
  // The user has its own document now, so the local account is not linked.
  const state = own ? given.with({ linkTo: undefined }) : given
  if (attempt.kind === 'collided')
    return resolveCollision({ target, incoming, state, context, own, index: attempt.index })
  if (attempt.kind === 'refused') {
    const { paths, by } = attempt
    return resolveRefusal({ target, incoming, state, context, own, paths, ...(by && { by }) })
  }
  if ('required' in attempt && !own) return { conflict: hostRule(attempt.required, 'required') }
  // The document to update changed meanwhile, or the local account was changed, linked or removed.
  const { linkTo: local } = state
  const again = local && (await readLocalAccount(target, local._id, context))
  const next = state.with({ linkTo: undefined, withheld: new Map(), whole: new Set() })
  return { retry: again ? linkTo(target, incoming, next, again) : next, isUnexplained: true }
}
