import type { UpdateResult } from 'mongoose'
import type { Changes, WriteContext } from '../../store/write'
import { isLastingRefusal, type LastingRefusal, refusedPaths } from '../command/lasting-refusal'
import { throughMiddleware } from '../command/through-middleware'
import { hasOwnSetters, makeCandidate, storedValue } from '../schema/candidate'
import { isDuplicateKey, refusingIndex } from '../target/database-error'
import { type AnyDoc, canonical, durable, type Target, valueAt, within } from '../target/target'
import { changesSince } from './compare-stored'
import { type Fingerprint, hashOf } from './fingerprints'
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

/**
 * Returns fingerprints of values that are not stored as given, because middleware encrypts them or setters add a salt.
 * Only the stored value is hashed, never Clerk's, so that a fingerprint reveals nothing more than the document.
 *
 * @param given The mapped values, by path.
 * @param meant What the schema's setters make of them.
 * @param $set What the command sets, after middleware: the path, or a parent written as a whole.
 */
function fingerprintsOf(
  target: Target,
  at: Date,
  given: Iterable<readonly [string, unknown]>,
  meant: AnyDoc,
  $set: AnyDoc,
): Fingerprint[] {
  const found: Fingerprint[] = []
  for (const [path, value] of given) {
    if (value === undefined) continue
    // Middleware may also have moved the value to another path.
    const text = canonical(valueSet($set, path))
    if (text === canonical(valueAt(meant, path)) && !isRandom(target, path, value, text)) continue
    found.push({ at, path, hash: hashOf(text) })
  }
  return found
}

function valueSet($set: AnyDoc, path: string): unknown {
  if (path in $set) return $set[path]
  const parent = Object.keys($set).find((key) => path.startsWith(`${key}.`))
  return parent === undefined ? undefined : valueAt($set[parent] as AnyDoc, path.slice(parent.length + 1))
}

/** Whether a setter of the app returns a different value at each call. */
function isRandom(target: Target, path: string, value: unknown, text: string): boolean {
  if (!hasOwnSetters(target.model, path)) return false
  return canonical(storedValue(makeCandidate(target, [[path, value]]), path)) !== text
}
