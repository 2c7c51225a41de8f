import { createHash } from 'node:crypto'
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
