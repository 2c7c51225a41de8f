import { isImmutable, makeCandidate } from '../schema/candidate'
import { canonical } from '../target/canonical'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import { Concessions, holdsAny, type Incoming } from '../write/incoming'
import { setFitting } from './guard'
import { holdsOpinion, isNone, isRecorded } from './opinion'
import { isSameJson } from './owned-values'

/** How a document stands to what Clerk has of what MongoDB owns. */
export interface OwnedStanding {
  /** Whether Clerk has something else than the document holds an opinion on: the owner's is to be brought there. */
  differs: boolean
  /** Paths on which the document holds no opinion and Clerk has a value that the schema takes: what is stored there. */
  taken: ReadonlyMap<string, unknown>
}

/** @param unfit Paths where something refused what Clerk has, beside the schema's own rules. */
export function meetOwned(
  target: Target,
  incoming: Incoming,
  stored: AnyDoc,
  unfit: ReadonlySet<string> = new Set(),
): OwnedStanding {
  const concessions = new Concessions(target, incoming)
  const doc = makeCandidate(target, incoming.onInsert, incoming)
  const entries = [...incoming.onInsert].filter(([path]) => !unfit.has(path))
  const fitting = setFitting(target, doc, entries)
  const taken = new Map<string, unknown>()
  let differs = false
  for (const one of target.options.push ?? []) {
    const { path } = one
    if (!incoming.onInsert.has(path)) continue
    const value = incoming.onInsert.get(path)
    const found = valueAt(stored, path)
    if ((value === undefined && isNone(found)) || holds(path, value, found)) continue
    if (holdsOpinion(target, stored, one)) differs = true
    else if (path in fitting && !isImmutable(target.model, path, doc)) taken.set(path, found)
  }
  return { differs, taken }

  function holds(path: string, value: unknown, found: unknown): boolean {
    const isWritten = isRecorded(target, stored, path)
    // What the app wrote as a whole, with keys that the schema does not have: a push takes them away.
    if (path in fitting && typeof value === 'object' && (isWritten || isSameJson(found, value)))
      return isSameJson(found, value)
    if (path in fitting && canonical(fitting[path]) === canonical(found)) return true
    if (path in fitting && typeof value === 'object') return false
    const fallbacks = concessions.fallbackValuesAt(path).filter((form) => form !== undefined)
    return holdsAny(target, stored, path, fallbacks)
  }
}

/**
 * Owned paths that the app is not recorded to have written, where Clerk has what is stored and more that the schema does not take:
 * that is left to it.
 */
export function leftToClerk(target: Target, incoming: Incoming, stored: AnyDoc): string[] {
  const objects = [...incoming.onInsert].filter(([, value]) => typeof value === 'object')
  if (objects.length === 0) return []
  const fitting = setFitting(target, makeCandidate(target, objects, incoming), objects)
  const paths = objects.map(([path]) => path).filter((path) => !isRecorded(target, stored, path))
  return paths.filter((path) => path in fitting && canonical(fitting[path]) === canonical(valueAt(stored, path)))
}

/** Whether data from Clerk's API would bring something of Clerk's that the document lacks. */
export const wouldTake = (target: Target, incoming: Incoming, stored: AnyDoc): boolean =>
  incoming.onInsert.size > 0 && meetOwned(target, incoming, stored).taken.size > 0
