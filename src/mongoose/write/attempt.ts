import type { UpdateResult } from 'mongoose'
import type { Changes, WriteContext } from '../../store/write'
import { isLastingRefusal, type LastingRefusal, refusedPaths } from '../command/lasting-refusal'
import { throughMiddleware } from '../command/through-middleware'
import { isDuplicateKey, refusingIndex } from '../target/database-error'
import { type AnyDoc, durable, type Target, within } from '../target/target'
import { changesSince } from './compare-stored'
import { fingerprintsOf } from './fingerprints'
import type { Incoming } from './incoming'
import { planWrite, type WritePlan } from './plan'
import type { RetryState } from './retry-state'

/** An attempt that wrote. */
export interface AppliedAttempt {
  kind: 'created' | 'updated' | 'linked'
  /** What changed, if requested. */
  changes?: Changes
}

/** Result of one attempt of a guarded write. */
export type Attempt =
  | AppliedAttempt
  /** The guard matched nothing, and nothing was inserted. */
  | { kind: 'missed' }
  /** The app's schema prevents the insert because of this path. */
  | { kind: 'missed'; required: string }
  | { kind: 'collided'; index: string | undefined }
  /** The schema or the server refuses the values at these paths; empty if it names none. */
  | { kind: 'refused'; paths: string[]; by?: LastingRefusal }

/** Sends the guarded write: one atomic command in which the database decides whether this version is the newest. */
export async function attemptWrite(
  target: Target,
  incoming: Incoming,
  state: RetryState,
  context: WriteContext,
): Promise<Attempt> {
  const plan = await planWrite(target, incoming, state, context)
  if (plan.refused.length > 0) return { kind: 'refused', paths: plan.refused }
  const sent = await sendPlan(target, incoming, state, plan, context).catch(refusal)
  if ('kind' in sent) return sent
  if (!sent.isInsert && !sent.isMatch)
    return plan.blocked === undefined ? { kind: 'missed' } : { kind: 'missed', required: plan.blocked }
  const kind = sent.isInsert ? 'created' : state.linkTo === undefined ? 'updated' : 'linked'
  const owned = state.insertEntries().filter(([path]) => sent.isInsert || plan.taken.includes(path))
  const written = [...state.entries(), ...owned]
  return { kind, ...(sent.before && { changes: changesSince(sent.before, written, plan.meant) }) }
}

/** Classifies an error about the written values; rethrows all others. */
export function refusal(error: unknown): Extract<Attempt, { kind: 'collided' | 'refused' }> {
  if (isDuplicateKey(error)) return { kind: 'collided', index: refusingIndex(error) }
  if (!isLastingRefusal(error)) throw error
  return { kind: 'refused', paths: refusedPaths(error), by: error }
}

interface Sent {
  isInsert: boolean
  isMatch: boolean
  /** The previous document, if requested; empty before an insert. */
  before?: AnyDoc
}

/** Sends the command. Uses the slower one that returns the previous document only for `changes`. */
async function sendPlan(
  target: Target,
  incoming: Incoming,
  state: RetryState,
  plan: WritePlan,
  context: WriteContext,
): Promise<Sent> {
  const { collection } = target.model
  const { filter, upsert } = plan
  const options = { upsert, ...durable, ...within(context) }
  const finish = (update: AnyDoc) => withFingerprints(target, incoming, state, plan, update) as never
  if (!context.changes) {
    const { upsertedCount, matchedCount } = await throughMiddleware(target, 'updateOne', plan, (update, extra) =>
      collection.updateOne(filter as never, finish(update), { ...extra, ...options }),
    )
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

/**
 * Sends a plan as part of a bulk write.
 * @param give Takes the command, and resolves with the server's response to it.
 */
export function sendAmongMany(
  target: Target,
  incoming: Incoming,
  state: RetryState,
  plan: WritePlan,
  give: (command: { filter: AnyDoc; update: AnyDoc; extra: AnyDoc }) => Promise<UpdateResult>,
): Promise<UpdateResult> {
  return throughMiddleware(target, 'updateOne', plan, (update, extra) =>
    give({ filter: plan.filter, update: withFingerprints(target, incoming, state, plan, update), extra }),
  )
}

function withFingerprints(
  target: Target,
  { at }: Incoming,
  state: RetryState,
  { given }: WritePlan,
  update: AnyDoc,
): AnyDoc {
  if (Array.isArray(update)) return update
  const $set = update.$set as AnyDoc
  const found = fingerprintsOf(target, at, state.entries(), given, $set)
  return found.length === 0 ? update : { ...update, $set: { ...$set, [target.paths.clerkFingerprints]: found } }
}
