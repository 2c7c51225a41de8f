import { type Candidate, passesNow, plainView } from '../schema/candidate'
import { recordAt } from '../schema/map-keys'
import { overlap } from '../target/owned-paths'
import { type AnyDoc, canonical, schemaPath, type Target, valueAt } from '../target/target'
import type { Incoming } from '../write/incoming'
import type { RetryState } from '../write/retry-state'
import { defaultAt, isNone } from './opinion'
import { ANY_TOKEN, NO_TOKEN } from './token'

/**
 * Additional conditions of an event's write if fields are pushed: no local change is pending, unless a read found it
 * and it is kept; the event is not the echo of our own push, unless a read found that it changes nothing; and Clerk has
 * the values that MongoDB owns, unless a read found other ones.
 */
export function pushGuard(target: Target, incoming: Incoming, state: RetryState, fitting: AnyDoc): AnyDoc {
  const { clerkPushToken, clerkPushedVersions } = target.paths
  const { push } = state
  return {
    [clerkPushToken]: push?.isPending ? { ...ANY_TOKEN } : { ...NO_TOKEN },
    ...(!incoming.fromApi && !push?.isOwnVersion && { [`${clerkPushedVersions}.at`]: { $ne: incoming.at } }),
    ...(!push && ownedAsTold(target, incoming, fitting)),
    ...takenAsRead(target, state, fitting),
  }
}

/**
 * Conditions for storing Clerk's value at owned paths: the document still has the value read, and no record of a write
 * by the app.
 */
export function takenAsRead({ paths }: Target, { taken }: RetryState, fitting: AnyDoc): AnyDoc {
  const conditions = [...taken].filter(([path]) => path in fitting)
  return Object.fromEntries(
    conditions.flatMap(([path, asRead]) => [
      [path, (asRead ?? undefined) === undefined ? null : { $eq: asRead }],
      [recordAt(paths, path), { $ne: true }],
    ]),
  )
}

/**
 * Contains no equality conditions on paths that a conflict can remove, or that are missing: an upsert would store them.
 */
function ownedAsTold(target: Target, { onInsert }: Incoming, fitting: AnyDoc): AnyDoc {
  // Compares objects and arrays as Clerk has them: a key that the schema rejects differs from what the app wrote.
  const $and = [...onInsert].map(([path, value]) => {
    if (value === undefined || !(path in fitting)) return withoutOpinion(target, path, value === undefined)
    // Arrays have no useful order. The upsert copies the condition, but the candidate always contains the array and
    // overwrites it.
    const has = (asked: unknown) => ({ [path]: Array.isArray(asked) ? { $eq: asked } : { $gte: asked, $lte: asked } })
    if (typeof value !== 'object' || canonical(value) === canonical(fitting[path]))
      return has(typeof value === 'object' ? value : fitting[path])
    return { $or: [has(value), { ...has(fitting[path]), [recordAt(target.paths, path)]: { $ne: true } }] }
  })
  return $and.length > 0 ? { $and } : {}
}

/**
 * Clerk has no value, or one that the schema rejects: matches documents in which the app has not set the path.
 * @param isNone Clerk has no value; then the app may also have removed it.
 */
function withoutOpinion(target: Target, path: string, isNone: boolean): AnyDoc {
  const usual = defaultAt(target, path)
  const nothing = { [path]: { $exists: false } }
  const unwritten = {
    ...(usual === undefined ? nothing : { [path]: { $in: [null, usual] } }),
    [recordAt(target.paths, path)]: { $ne: true },
  }
  if (!isNone) return unwritten
  return usual === undefined ? nothing : { $or: [nothing, unwritten] }
}

/**
 * Returns the owned values that the schema accepts, as the candidate holds them. Resets the candidate's other owned
 * paths to the schema's defaults, because invalid metadata from other systems must not prevent a user from being
 * stored.
 */
export function setFitting(target: Target, doc: Candidate, entries: Iterable<readonly [string, unknown]>): AnyDoc {
  const owned = [...entries].filter(([, value]) => value !== undefined)
  if (owned.length === 0) return {}
  const fitting: AnyDoc = {}
  const held = plainView(doc)
  for (const [path] of owned) {
    if (isFitting(target, doc, path, valueAt(held, path))) fitting[path] = valueAt(held, path)
    else doc.set(path, defaultOf(target, doc, path))
  }
  return fitting
}

function isFitting(target: Target, doc: Candidate, path: string, value: unknown): boolean {
  // Errors are keyed by path, unlike in mongoose's types.
  if (Object.keys(doc.errors ?? {}).some((refused) => overlap(refused, path))) return false
  return !isNone(value) && passesNow(target, doc, path)
}

function defaultOf(target: Target, doc: Candidate, path: string): unknown {
  const definition = schemaPath(target.model, path) as { getDefault?(scope: unknown): unknown } | undefined
  return definition?.getDefault?.(doc)
}
