import { createHash } from 'node:crypto'
import { isRandom } from '../schema/candidate'
import type { Incoming } from '../target/incoming'
import { type AnyDoc, canonical, type Target, valueAt } from '../target/target'

/** Records that this library stored a path's value at one version, although it differs from Clerk's value. */
export interface Fingerprint {
  at: Date
  path: string
  hash: string
}

/** Whether a path still holds what was stored there for this version. */
export function isUntouched(target: Target, stored: AnyDoc, path: string, at: Date): boolean {
  const version = valueAt(stored, target.paths.clerkUpdatedAt)
  if (!(version instanceof Date) || version.getTime() !== at.getTime()) return false
  const fingerprints = valueAt(stored, target.paths.clerkFingerprints)
  if (!Array.isArray(fingerprints)) return false
  const own = (fingerprints as Partial<Fingerprint>[]).find((one) => one.path === path)
  return own?.at?.getTime?.() === at.getTime() && own.hash === hashOf(canonical(valueAt(stored, path)))
}

/**
 * The part of an update that carries the stored version's fingerprints over to a later version with the same values.
 */
export function movedFingerprints({ paths }: Target, stored: AnyDoc, at: Date): AnyDoc {
  const found = valueAt(stored, paths.clerkFingerprints)
  if (!Array.isArray(found)) return {}
  const version = valueAt(stored, paths.clerkUpdatedAt)
  const isCurrent = (one: Partial<Fingerprint>) => version instanceof Date && one.at?.getTime?.() === version.getTime()
  const moved = (found as Partial<Fingerprint>[]).map((one) => (isCurrent(one) ? { ...one, at } : one))
  return { [paths.clerkFingerprints]: moved }
}

/** Hashes a `canonical` text. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22)

/** Adds to an update the fingerprints of values that are not stored as given. */
export function withFingerprints(
  target: Target,
  { at }: Incoming,
  { entries, given }: { entries: Iterable<readonly [string, unknown]>; given: AnyDoc },
  update: AnyDoc,
): AnyDoc {
  if (Array.isArray(update)) return update
  const $set = update.$set as AnyDoc
  const found = fingerprintsOf(target, at, entries, given, $set)
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
