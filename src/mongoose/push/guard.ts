import { type Candidate, plainView } from '../schema/candidate'
import { passesNow } from '../schema/judge'
import { canonical } from '../target/canonical'
import { overlap } from '../target/owned-paths'
import { type AnyDoc, schemaPath, type Target, valueAt } from '../target/target'
import type { Concessions, Incoming } from '../write/incoming'
import { defaultAt, isNone, recordAt } from './opinion'
import { ANY_TOKEN, NO_TOKEN } from './token'

/**
 * What an event's write also asks of the document where something is pushed: that no local change waits, unless it is known
 * and left standing; that the event is not our own push come back, unless that was seen to change nothing; and that Clerk has what
 * MongoDB owns, unless it was seen to have something else.
 */
export function pushGuard(target: Target, incoming: Incoming, concessions: Concessions, fitting: AnyDoc): AnyDoc {
  const { clerkPushToken, clerkPushedVersions } = target.paths
  const { isPending, echo, owned } = concessions
  return {
    [clerkPushToken]: isPending ? { ...ANY_TOKEN } : { ...NO_TOKEN },
    ...(!incoming.fromApi && echo === 'perhaps' && { [`${clerkPushedVersions}.at`]: { $ne: incoming.at } }),
    ...(!isPending && owned === 'perhaps' && ownedAsTold(target, incoming, fitting)),
    ...takenAsRead(target, concessions, fitting),
  }
}

/** Where Clerk's value is taken, the document must hold no opinion still: it has what was read, and no record. */
export function takenAsRead({ paths }: Target, { taken }: Concessions, fitting: AnyDoc): AnyDoc {
  const conditions = [...taken].filter(([path]) => path in fitting)
  return Object.fromEntries(
    conditions.flatMap(([path, asRead]) => [
      [path, (asRead ?? undefined) === undefined ? null : { $eq: asRead }],
      [recordAt(paths, path), { $ne: true }],
    ]),
  )
}

/** No equality of what a conflict can take away, nor of what is missing: an upsert would store it. */
function ownedAsTold(target: Target, { onInsert }: Incoming, fitting: AnyDoc): AnyDoc {
  // Objects and lists as Clerk has them: a key that the schema does not take is a difference to what the app wrote.
  const $and = [...onInsert].map(([path, value]) => {
    if (value === undefined || !(path in fitting)) return withoutOpinion(target, path, value === undefined)
    // A list has no order to compare by; a candidate never drops one, so what the upsert copies of it is written over.
    const has = (asked: unknown) => ({ [path]: Array.isArray(asked) ? { $eq: asked } : { $gte: asked, $lte: asked } })
    if (typeof value !== 'object' || canonical(value) === canonical(fitting[path]))
      return has(typeof value === 'object' ? value : fitting[path])
    return { $or: [has(value), { ...has(fitting[path]), [recordAt(target.paths, path)]: { $ne: true } }] }
  })
  return $and.length > 0 ? { $and } : {}
}

/**
 * Clerk has nothing, or nothing that the schema takes: that changes nothing where the document holds no opinion.
 * @param isNone Clerk has nothing, as the document may by an opinion.
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
 * Of what MongoDB is to own, the values that the schema takes, as a candidate holds them. The rest of the candidate's owned paths
 * goes back to the schema's defaults: metadata written by others must not keep a user out.
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
  // By path, whatever mongoose's types say.
  if (Object.keys(doc.errors ?? {}).some((refused) => overlap(refused, path))) return false
  return !isNone(value) && passesNow(target, doc, path)
}

function defaultOf(target: Target, doc: Candidate, path: string): unknown {
  const definition = schemaPath(target.model, path) as { getDefault?(scope: unknown): unknown } | undefined
  return definition?.getDefault?.(doc)
}
