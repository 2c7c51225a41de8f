/** Names that mongoose keeps from being keys of a Map. */
const reserved: readonly string[] = ['__proto__', 'prototype', 'constructor']

/**
 * An object as a Map that mongoose and MongoDB can store, whatever its keys: a dot, a leading `$` and reserved names are
 * replaced by full-width characters that look the same. Metadata that users write must not keep their own user out.
 * @see https://mongoosejs.com/docs/schematypes.html#maps
 */
export function withStorableKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map) return value
  return new Map(Object.entries(value).map(([key, inner]) => [storableKey(key), inner]))
}

/** A name as a key of an object that MongoDB can store and mongoose takes for no path. */
export function storableKey(key: string): string {
  if (reserved.includes(key)) return `\uFF3F${key}`
  return key.replaceAll('.', '\uFF0E').replaceAll('\0', '\u2400').replace(/^\$/, '\uFF04')
}
