import type { Changes } from '../../store/write'
import { isImmutable, makeCandidate, plainView, storedValue } from '../schema/candidate'
import type { Incoming } from '../target/incoming'
import { type AnyDoc, canonical, type Target, valueAt } from '../target/target'
import { isUntouched } from './fingerprints'
import { RetryState } from './retry-state'

/** Whether a stored document already has the values of this version. */
export function holdsSame(target: Target, incoming: Incoming, stored: AnyDoc): boolean {
  const state = new RetryState(target, incoming)
  const first = makeCandidate(target, state.entries(), incoming)
  const asGiven = plainView(first)
  const { values, uncompared } = incoming
  return [...values.keys()].every((path) => {
    if (uncompared.has(path)) return true
    if (isImmutable(target.model, path, first)) return true
    const found = valueAt(stored, path)
    if (canonical(valueAt(asGiven, path)) === canonical(found)) return true
    if (isUntouched(target, stored, path, incoming.at)) return true
    if (isMadeUp(target, incoming, path, found)) return true
    // A missing value is right only for a user who has none; otherwise it is worth repairing.
    const others = state.fallbackValuesAt(path).slice(1)
    return holdsAny(
      target,
      stored,
      path,
      others.filter((form) => !goesWithout(target, form, incoming, path)),
    )
  })
}

/**
 * Whether a stored value is a placeholder for one that Clerk does not have, possibly required by an index that only the
 * server has.
 */
function isMadeUp({ paths, options }: Target, { values, clerkId }: Incoming, path: string, found: unknown): boolean {
  return values.get(path) === undefined && options.entity.isPlaceholder(paths, path, found, clerkId)
}

/** Whether a stored document has one of these values at a path, as the schema would store them. */
export function holdsAny(target: Target, stored: AnyDoc, path: string, fallbacks: readonly unknown[]): boolean {
  const found = canonical(valueAt(stored, path))
  return fallbacks.some((form) => canonical(storedValue(makeCandidate(target, [[path, form]]), path)) === found)
}

/** What a write changed in the document, by path. */
export function changesSince(before: AnyDoc, entries: Iterable<readonly [string, unknown]>, after: AnyDoc): Changes {
  const pairs = [...entries].map(([path]) => {
    return [path, { before: valueAt(before, path), after: valueAt(after, path) ?? undefined }] as const
  })
  return Object.fromEntries(pairs.filter(([, change]) => canonical(change.before) !== canonical(change.after)))
}

function goesWithout({ paths, options }: Target, form: unknown, { clerkId, values }: Incoming, path: string): boolean {
  if (form === undefined) return true
  return values.get(path) !== undefined && options.entity.isPlaceholder(paths, path, form, clerkId)
}
