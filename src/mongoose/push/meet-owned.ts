import { canonical } from '../canonical'
import { Concessions, holdsAny, type Incoming } from '../incoming'
import { isImmutable, makeCandidate } from '../schema/candidate'
import { type AnyDoc, type Target, valueAt } from '../target'
import { setFitting } from './guard'
import { holdsOpinion, isNone } from './opinion'
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
    // As a whole, with keys that the schema does not have: a push would take them away.
    if (path in fitting && typeof value === 'object') return isSameJson(found, value)
    if (path in fitting && canonical(fitting[path]) === canonical(found)) return true
    const forms = concessions.forms(path).filter((form) => form !== undefined)
    return holdsAny(target, stored, path, forms)
  }
}

/** Whether a truth would take something of Clerk's that the document lacks. */
export const wouldTake = (target: Target, incoming: Incoming, stored: AnyDoc): boolean =>
  incoming.onInsert.size > 0 && meetOwned(target, incoming, stored).taken.size > 0
