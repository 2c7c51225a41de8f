import { plainView } from '../schema/candidate'
import { countsMissing } from '../schema/needed-paths'
import { overlap } from '../target/owned-paths'
import { canonical, type Target, valueAt } from '../target/target'
import { hasValue, type SampleCandidate } from './sample-candidate'

/** A unique index, declared by the schema or found on the server. */
export interface UniqueIndex {
  name: string | undefined
  key: Readonly<Record<string, unknown>>
  sparse?: boolean | undefined
  partialFilterExpression?: unknown
}

/**
 * Whether a unique index refuses the second of two users that differ in all values unique to one user. E-mail addresses
 * and usernames get placeholders, and a shared default is omitted, so the index must count a missing value.
 */
export function keepsSecondOut(
  target: Target,
  index: UniqueIndex,
  first: SampleCandidate,
  second: SampleCandidate,
): boolean {
  const { idPath, paths } = target
  const keys = Object.keys(index.key)
  if (keys.join() === idPath || keys.join() === '_id') return false
  const [one, other] = [plainView(first.doc), plainView(second.doc)]
  if (keys.some((key) => canonical(valueAt(one, key)) !== canonical(valueAt(other, key)))) return false
  const mapped = [...first.split.values.keys(), ...first.split.onInsert.keys()]
  // Both samples have the same value from Clerk; real users may differ.
  if (keys.some((key) => mapped.some((path) => overlap(path, key)) && hasValue(first, key))) return false
  if (keys.some((key) => key === paths.email || key === paths.username)) return false
  return countsMissing({ sparse: index.sparse ?? false, partialFilterExpression: index.partialFilterExpression })
}
