import { formError } from './api-error'

/** One kind of metadata. */
export type Metadata = Record<string, unknown>

/** Clerk's limit for all metadata of an object. */
const MAX_BYTES = 8 * 1024

/** The three kinds of a user's metadata. An organization has the first two. */
export const metadataNames = ['public_metadata', 'private_metadata', 'unsafe_metadata'] as const
/** Metadata by kind. */
export type MetadataFields = Partial<Record<(typeof metadataNames)[number], Metadata>>

/**
 * Merges deeply: objects key by key; `null` removes a key at any level; other values replace.
 * @see https://clerk.com/docs/reference/backend-api/tag/users/patch/users/{user_id}/metadata
 */
export function mergeMetadata(into: Metadata, changes: Metadata): Metadata {
  const merged = new Map(Object.entries(into))
  for (const [key, value] of Object.entries(changes)) {
    const before = merged.get(key)
    if (value === null) merged.delete(key)
    else merged.set(key, isMetadata(value) ? mergeMetadata(isMetadata(before) ? before : {}, value) : value)
  }
  // Not by assignment, because `__proto__` is a key like any other.
  return Object.fromEntries(merged)
}

/** Merges each kind of metadata. */
export function mergedFields(into: MetadataFields, changes: MetadataFields): MetadataFields {
  const names = metadataNames.filter((name) => changes[name] !== undefined)
  return Object.fromEntries(names.map((name) => [name, mergeMetadata(into[name] ?? {}, changes[name] ?? {})]))
}

/** Checks Clerk's size limit. @throws {FakeClerkError} 422. */
export function checkMetadataSize(fields: MetadataFields): void {
  const sizes = metadataNames.map((name) => ({ name, bytes: byteLength(fields[name]) }))
  if (sizes.reduce((sum, { bytes }) => sum + bytes, 0) <= MAX_BYTES) return
  const largest = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a)).name
  const message = `The given ${largest} exceeds the maximum allowed size of ${MAX_BYTES} bytes (8 KB).`
  throw formError('form_param_exceeds_allowed_size', largest, message)
}

/** Whether a value is an object, and so valid metadata. */
export function isMetadata(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function byteLength(value: unknown): number {
  return value === undefined ? 0 : Buffer.byteLength(JSON.stringify(value))
}
