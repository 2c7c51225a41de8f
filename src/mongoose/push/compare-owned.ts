import { isImmutable, makeCandidate } from '../schema/candidate'
import type { Incoming } from '../target/incoming'
import { type AnyDoc, canonical, type Target, valueAt } from '../target/target'
import { holdsAny } from '../write/compare-stored'
import { RetryState } from '../write/retry-state'
import { setFitting } from './guard'
import { isSameJson } from './owned-values'
import { isNone, isRecorded, isSetByApp } from './set-by-app'

/** The differences between Clerk's values for owned paths and a document. */
export interface OwnedComparison {
  /** Whether Clerk's value differs where the app has set the path, so that it must be pushed. */
  differs: boolean
  /** Paths that the app has not set and for which Clerk has a valid value, with the stored value. */
  taken: ReadonlyMap<string, unknown>
}

/**
 * Compares Clerk's values for owned paths with a document.
 * @param unfit Paths whose value from Clerk was refused, in addition to the schema's own rules.
 */
export function compareOwned(
  target: Target,
  incoming: Incoming,
  stored: AnyDoc,
  unfit: ReadonlySet<string> = new Set(),
): OwnedComparison {
  const state = new RetryState(target, incoming)
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
    if (isSetByApp(target, stored, one)) differs = true
    else if (path in fitting && !isImmutable(target.model, path, doc)) taken.set(path, found)
  }
  return { differs, taken }

  function holds(path: string, value: unknown, found: unknown): boolean {
    const isWritten = isRecorded(target, stored, path)
    // If the app wrote the object, a key that the schema lacks is a difference: a push removes it.
    if (path in fitting && typeof value === 'object' && (isWritten || isSameJson(found, value)))
      return isSameJson(found, value)
    if (path in fitting && canonical(fitting[path]) === canonical(found)) return true
    if (path in fitting && typeof value === 'object') return false
    const fallbacks = state.fallbackValuesAt(path).filter((form) => form !== undefined)
    return holdsAny(target, stored, path, fallbacks)
  }
}

/**
 * Owned paths that the app never wrote and where Clerk's object has the stored values and keys that the schema refuses.
 * These are not pushed.
 */
export function leftToClerk(target: Target, incoming: Incoming, stored: AnyDoc): string[] {
  const objects = [...incoming.onInsert].filter(([, value]) => typeof value === 'object')
  if (objects.length === 0) return []
  const fitting = setFitting(target, makeCandidate(target, objects, incoming), objects)
  const paths = objects.map(([path]) => path).filter((path) => !isRecorded(target, stored, path))
  return paths.filter((path) => path in fitting && canonical(fitting[path]) === canonical(valueAt(stored, path)))
}

/** Whether Clerk has values for owned paths that the document should take. */
export const wouldTake = (target: Target, incoming: Incoming, stored: AnyDoc): boolean =>
  incoming.onInsert.size > 0 && compareOwned(target, incoming, stored).taken.size > 0
