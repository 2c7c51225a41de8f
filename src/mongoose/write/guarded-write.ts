import { ClerkSyncError } from '../../errors'
import { isClerkId } from '../../events/events'
import type { WriteContext, WriteResult } from '../../store/write'
import { mustGoAlone, sendAlone, throughMiddleware, upsertInGroup } from '../command/send'
import { guardedDelete, removeLateInsert } from '../deletion/delete'
import { findDeletion } from '../deletion/tombstones'
import { wrapDatabaseError } from '../target/database-error'
import type { Incoming } from '../target/incoming'
import { type AnyDoc, durable, resolveRules, type Target, toIncoming, within } from '../target/target'
import { changesSince } from './compare-stored'
import { withFingerprints } from './fingerprints'
import { afterRefusal } from './next-state'
import { lookAtOwn } from './own-document'
import { plainPlan, type WritePlan } from './plan'
import { planWithDocument } from './plan-with-document'
import { linkTo } from './push-extension'
import { ready, readyModels } from './ready'
import { completeRefs, mayLackRefs } from './refs'
import { refusal } from './refused'
import { type AppliedAttempt, type Attempt, isApplied } from './resolution'
import { RetryState } from './retry-state'
import { type GuardedWrite, outcomeOf, pendingAfterRemoval, resultOf, withDue } from './standing-outcome'

/** How often a write starts over because another write changed what it had read. */
const MAX_MISSES = 6
/** Limits the other rounds, which relax the write or take values: a few per path. */
const MAX_ROUNDS = 32

/**
 * Stores a resource in Clerk's JSON, with the rules of the call or else the model's.
 * @throws {ClerkSyncError} `invalid_clerk_user`, `index_missing`, and those of `guardedWrite`.
 */
export async function upsertFromClerk(target: Target, input: unknown, context: WriteContext): Promise<WriteResult> {
  const json = target.options.entity.read(input)
  return whenReady(target, context, async () => {
    const { onDelete } = resolveRules(target, context)
    const result = await guardedWrite({ target, incoming: toIncoming(target, json, context), onDelete, context })
    if (mayLackRefs(target, result, context)) await completeRefs(target, [json.id], context)
    return result
  })
}

/** Applies a deletion in Clerk. */
export async function deleteFromClerk(target: Target, clerkId: string, context: WriteContext): Promise<WriteResult> {
  if (!isClerkId(clerkId)) throw new ClerkSyncError('invalid_clerk_user', 'deleteFromClerk needs an id of Clerk.')
  return whenReady(target, context, () => {
    return guardedDelete(target, clerkId, resolveRules(target, context).onDelete, context)
  })
}

/** Writes once the collection is known to be safe, and converts the database's errors to ours. */
async function whenReady<T>(target: Target, context: WriteContext, write: () => Promise<T>): Promise<T> {
  try {
    if (!readyModels.has(target.model)) await ready(target, context)
    return await write()
  } catch (error) {
    throw wrapDatabaseError(error)
  }
}

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
  const known = await knownBefore(write)
  if (known) return 'instead' in known ? guardedWrite(known.instead) : known

  let state = local && linkTo(target, incoming, new RetryState(target, incoming), local)
  let due: readonly string[] = []
  for (let misses = 0, rounds = 0; misses < MAX_MISSES && rounds < MAX_ROUNDS; rounds++) {
    const attempt = await attemptWrite(target, incoming, state, context)
    if (isApplied(attempt)) return afterApplying(write, state, attempt, due)
    const next = await afterRefusal(write, state ?? new RetryState(target, incoming), attempt)
    if ('result' in next) return next.result
    due = next.due
    if ('instead' in next) return withDue(await guardedWrite(next.instead), due)
    state = next.retry
    if (next.isUnexplained) misses++
  }
  throw new ClerkSyncError(
    'contention',
    'Other writers kept changing the same documents. Nothing was written; the redelivery will retry.',
  )
}

/** What is known before the first attempt; `undefined` if it decides. */
async function knownBefore(write: GuardedWrite): Promise<WriteResult | { instead: GuardedWrite } | undefined> {
  const { target, incoming, context } = write
  if (context.isBroughtAlong) return outcomeOf(write, await lookAtOwn(target, incoming, context))
  // There is no redelivery, so an insert that crashed before its check would stay: check before it as well.
  const isGone = !context.messageId && (await findDeletion(target, incoming, context))
  return isGone ? resultOf(write, 'stale') : undefined
}

/**
 * The result of a write, after a check that no deletion preceded it.
 * @param due Marks that an earlier read found.
 */
async function afterApplying(
  write: GuardedWrite,
  state: RetryState | undefined,
  attempt: AppliedAttempt,
  due: readonly string[],
): Promise<WriteResult> {
  const { target, incoming, onDelete, context } = write
  if (attempt.kind === 'updated' && state?.push?.isEcho) return resultOf(write, 'duplicate', { due: [...due] })
  // If deletions remove documents, an update can hit a late insert about to be removed, and its hook must not run.
  const mayBeRemoved = onDelete === 'hard' && context.marks?.message !== undefined
  const needsCheck = attempt.kind !== 'updated' || mayBeRemoved
  const tombstone = needsCheck ? await findDeletion(target, incoming, context) : undefined
  if (tombstone) {
    // An update may have hit a document with other messages' pending hooks.
    await removeLateInsert(target, tombstone, { ...write, isLateInsert: attempt.kind !== 'updated' })
    return resultOf(write, 'stale', { due: await pendingAfterRemoval(write, tombstone) })
  }
  const { kind, changes } = attempt
  const { leftOut, withheld } = state ?? {}
  const [conflict] = withheld?.values() ?? []
  const rest = { due: marksLeft(context, kind), ...(changes && { changes }), ...(leftOut && { conflict: leftOut }) }
  return conflict ? resultOf(write, 'conflict', { ...rest, conflict }) : resultOf(write, kind, rest)
}

/** The marks that our own write leaves. */
function marksLeft({ marks: { message, pendingType } = {} }: WriteContext, kind: AppliedAttempt['kind']): string[] {
  return [message, kind === 'updated' ? undefined : pendingType].filter((mark) => mark !== undefined)
}

/** Sends the guarded write: one atomic command in which the database decides whether this version is the newest. */
async function attemptWrite(
  target: Target,
  incoming: Incoming,
  state: RetryState | undefined,
  context: WriteContext,
): Promise<Attempt> {
  const plan = await planWrite(target, incoming, state, context)
  if (plan.refused.length > 0) return { kind: 'refused', paths: plan.refused }
  const sent = await sendPlan(target, incoming, plan, context).catch(refusal)
  if ('kind' in sent) return sent
  if (!sent.isInsert && !sent.isMatch)
    return plan.blocked === undefined ? { kind: 'missed' } : { kind: 'missed', required: plan.blocked }
  const kind = sent.isInsert ? 'created' : state?.linkTo === undefined ? 'updated' : 'linked'
  if (!sent.before) return { kind }
  const owned = (state?.insertEntries() ?? []).filter(([path]) => sent.isInsert || plan.taken.includes(path))
  return { kind, changes: changesSince(sent.before, [...plan.entries, ...owned], plan.meant) }
}

/**
 * Validates the values, and builds the command.
 * @param state `undefined` for the first attempt.
 * @throws {ClerkSyncError} `host_code_failed`.
 */
export async function planWrite(
  target: Target,
  incoming: Incoming,
  state: RetryState | undefined,
  context: WriteContext,
): Promise<WritePlan> {
  const plain = state ? undefined : plainPlan(target, incoming, context)
  return plain ?? planWithDocument(target, incoming, state ?? new RetryState(target, incoming), context)
}

interface Sent {
  isInsert: boolean
  isMatch: boolean
  /** The previous document, if requested; empty before an insert. */
  before?: AnyDoc
}

/** Sends the command, which is the slower one that returns the previous document only for `changes`. */
async function sendPlan(target: Target, incoming: Incoming, plan: WritePlan, context: WriteContext): Promise<Sent> {
  const { collection } = target.model
  const { filter, upsert } = plan
  const options = { upsert, ...durable, ...within(context) }
  const finish = (update: AnyDoc) => finished(target, incoming, plan, update) as never
  if (!context.changes) {
    const { upsertedCount, matchedCount } = await throughMiddleware(target, 'updateOne', plan, (update, extra) => {
      const command = { filter, update: finish(update), upsert }
      return !upsert || mustGoAlone(update, extra)
        ? sendAlone(target.model, command, { deadline: context.deadline, extra })
        : upsertInGroup(target, filter, command.update, context)
    })
    return { isInsert: upsertedCount > 0, isMatch: matchedCount > 0 }
  }
  const asked = { ...options, returnDocument: 'before', includeResultMetadata: true } as const
  const { lastErrorObject, value } = await throughMiddleware(target, 'findOneAndUpdate', plan, (update, extra) =>
    collection.findOneAndUpdate(filter as never, finish(update), { ...extra, ...asked }),
  )
  return {
    isInsert: lastErrorObject?.upserted !== undefined,
    isMatch: value !== null,
    before: (value as AnyDoc | null) ?? {},
  }
}

/** The update to send. What was built from the schema alone and not changed by middleware is stored as given. */
export const finished = (target: Target, incoming: Incoming, plan: WritePlan, update: AnyDoc): AnyDoc =>
  plan.isPlain && update === plan.update ? update : withFingerprints(target, incoming, plan, update)
