import { Concessions, holdsAny, type Incoming } from '../incoming'
import { type Candidate, makeCandidate, plainView, storedValue } from '../schema/candidate'
import { passesNow } from '../schema/judge'
import { type AnyDoc, schemaPath, type Target, valueAt } from '../target'
import { overlap } from './owned-paths'
import { isSameJson } from './owned-values'
import { ANY_TOKEN, NO_TOKEN } from './token'

/**
 * What an event's write also asks of the document where something is pushed: that no local change waits, unless it is known
 * and left standing; that the event is not our own push come back, unless that was seen to change nothing; and that Clerk has what
 * MongoDB owns, unless it was seen to have something else.
 */
export function pushGuard(target: Target, incoming: Incoming, concessions: Concessions, fitting: AnyDoc): AnyDoc {
  const { clerkPushDue, clerkPushedAt } = target.paths
  const { isPending, echo, owned } = concessions
  return {
    [clerkPushDue]: isPending ? { ...ANY_TOKEN } : { ...NO_TOKEN },
    ...(!incoming.truth && echo === 'perhaps' && { [`${clerkPushedAt}.at`]: { $ne: incoming.at } }),
    ...(!isPending && owned === 'perhaps' && ownedAsTold(target, incoming, fitting)),
  }
}

/**
 * Only for what the schema takes: what else Clerk has must not be overwritten there because an event came. No equality of what a
 * conflict can take away, nor of what is missing: an upsert would store it.
 */
function ownedAsTold(target: Target, { onInsert }: Incoming, fitting: AnyDoc): AnyDoc {
  const known = [...onInsert].filter(([path, value]) => value === undefined || path in fitting)
  // Objects and lists as Clerk has them: a key that the schema does not take is a difference.
  const asked = known.map(([path, value]) => [path, typeof value === 'object' ? value : fitting[path]] as const)
  return Object.fromEntries(asked.map(([path, value]) => [path, asTold(target, path, value)]))
}

function asTold(target: Target, path: string, value: unknown): AnyDoc {
  // A list has no order to compare by; a candidate never drops one, so what the upsert copies of it is written over.
  if (value !== undefined) return Array.isArray(value) ? { $eq: value } : { $gte: value, $lte: value }
  const usual = defaultAt(target, path)
  return usual === undefined ? { $exists: false } : { $in: [null, usual] }
}

/**
 * Whether a document holds what Clerk has of what MongoDB owns. Where Clerk has nothing, or nothing that the schema takes, that is
 * none at all, or a default of the schema, which nobody has written.
 */
export function holdsOwned(target: Target, incoming: Incoming, stored: AnyDoc): boolean {
  const concessions = new Concessions(target, incoming)
  const fitting = setFitting(target, makeCandidate(target, incoming.onInsert), incoming.onInsert)
  return [...incoming.onInsert].every(([path, value]) => {
    // As a whole, with keys that the schema does not have: a push would take them away.
    if (path in fitting && typeof value === 'object') return isSameJson(valueAt(stored, path), value)
    // A candidate has an empty object for what is nested; none at all is as good.
    if (!(path in fitting) && (valueAt(stored, path) ?? undefined) === undefined) return true
    const own = concessions.forms(path).filter((form) => form !== undefined)
    return holdsAny(target, stored, path, path in fitting ? own : [...own, undefined, defaultAt(target, path)])
  })
}

function defaultAt(target: Target, path: string): unknown {
  return storedValue(makeCandidate(target, []), path)
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
  return (value ?? undefined) !== undefined && passesNow(target, doc, path)
}

function defaultOf(target: Target, doc: Candidate, path: string): unknown {
  const definition = schemaPath(target.model, path) as { getDefault?(scope: unknown): unknown } | undefined
  return definition?.getDefault?.(doc)
}
