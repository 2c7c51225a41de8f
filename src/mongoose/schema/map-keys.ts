import type { Paths } from '../target/paths'

/** Names that mongoose does not allow as keys of a Map. */
const reserved: readonly string[] = ['__proto__', 'prototype', 'constructor']

/**
 * Converts an object to a Map that mongoose and MongoDB can store. Dots, a leading `$` and reserved names are replaced
 * by full-width characters that look the same, because metadata written by users must not prevent them from being
 * stored.
 * @see https://mongoosejs.com/docs/schematypes.html#maps
 */
export function withStorableKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map) return value
  return new Map(Object.entries(value).map(([key, inner]) => [storableKey(key), inner]))
}

/** Converts a name to a key that MongoDB can store and mongoose does not treat as a path. */
function storableKey(key: string): string {
  if (reserved.includes(key)) return `\uFF3F${key}`
  return key.replaceAll('.', '\uFF0E').replaceAll('\0', '\u2400').replace(/^\$/, '\uFF04')
}

/** The path at which a document records that the app wrote an owned path. */
export const recordAt = ({ clerkPushWritten }: Pick<Paths, 'clerkPushWritten'>, path: string): string =>
  `${clerkPushWritten}.${storableKey(path)}`
