import { type Candidate, passesNow, plainView } from '../schema/candidate'
import { recordAt } from '../schema/map-keys'
import type { Incoming } from '../target/incoming'
import { overlap } from '../target/owned-paths'
import { type AnyDoc, canonical, schemaPath, type Target, valueAt } from '../target/target'
import type { RetryState } from '../write/retry-state'
import { defaultAt, isNone } from './set-by-app'
import { ANY_TOKEN, NO_TOKEN } from './token'

/**
 * Additional conditions of an event's write if fields are pushed. Each one applies until a read of the document has
 * answered it:
 * - no local change is pending,
 * - our own push did not create the event's version,
 * - Clerk has the values that MongoDB owns.
 */
export function pushGuard(target: Target, incoming: Incoming, state: RetryState, fitting: AnyDoc): AnyDoc {
  const { clerkPushToken, clerkPushedVersions } = target.paths
  const { push } = state
  return {
    [clerkPushToken]: push?.isPending ? { ...ANY_TOKEN } : { ...NO_TOKEN },
    ...(!incoming.fromApi && !push?.isOwnVersion && { [`${clerkPushedVersions}.at`]: { $ne: incoming.at } }),
    ...(!push && ownedAsInClerk(target, incoming, fitting)),
    ...takenAsRead(target, state, fitting),
  }
}

/**
 * Conditions for storing Clerk's value at owned paths: the document still has the value that was read, and does not
 * record a write of the app.
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
 * Conditions that the document has Clerk's values at owned paths. None is an equality on a path that is missing or that
 * a conflict can remove, because an upsert would store its value.
 */
function ownedAsInClerk(target: Target, { onInsert }: Incoming, fitting: AnyDoc): AnyDoc {
  // Objects and arrays are compared with Clerk's value: a key that the schema refuses differs from what the app wrote.
  const $and = [...onInsert].map(([path, value]) => {
    if (value === undefined || !(path in fitting)) return notSetByApp(target, path, value === undefined)
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
 * Matches documents in which the app has not set the path, if Clerk has no value or one that the schema refuses.
 * @param isNone Clerk has no value. Then a path that the app removed matches too.
 */
function notSetByApp(target: Target, path: string, isNone: boolean): AnyDoc {
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
 * Returns the owned values that the schema accepts, as the candidate has them. Sets the candidate's other owned paths to
 * the schema's defaults, so that invalid metadata from other systems does not prevent storing the user.
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
  // The keys are paths, unlike in mongoose's types.
  if (Object.keys(doc.errors ?? {}).some((refused) => overlap(refused, path))) return false
  return !isNone(value) && passesNow(target, doc, path)
}

function defaultOf(target: Target, doc: Candidate, path: string): unknown {
  const definition = schemaPath(target.model, path) as { getDefault?(scope: unknown): unknown } | undefined
  return definition?.getDefault?.(doc)
}
