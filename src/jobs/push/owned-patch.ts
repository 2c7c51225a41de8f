import type { ClerkUserJSON } from '../../events'
import type { OwnedPlace, OwnedValues } from '../../push-store'

/** What to send to Clerk so that it has what MongoDB owns; an absent part needs nothing. */
export interface OwnedPatch {
  /** Of `PATCH /users/{id}/metadata`, which merges deeply and takes away what is `null`. */
  metadata?: Record<string, Json>
  /** Of `PATCH /users/{id}`. */
  profile?: Record<string, unknown>
}

type Json = Record<string, unknown>

const metadataFields = ['public_metadata', 'private_metadata', 'unsafe_metadata'] as const

/** Clerk's limit for the metadata of a user. @see https://clerk.com/docs/guides/users/extending */
export const MAX_METADATA_BYTES = 8 * 1024

/** Compares what MongoDB owns with what Clerk has. */
export function patchFor(places: readonly OwnedPlace[], owned: OwnedValues, user: ClerkUserJSON): OwnedPatch {
  const metadata: Record<string, Json> = {}
  const profile: Record<string, unknown> = {}
  for (const { field, at } of places) {
    const value = at.reduce<unknown>((inner, key) => own(inner, key), owned[field])
    // A value that this library made up is not told.
    if (value === undefined) continue
    if (field === 'profile' || field === 'external_id') {
      const name = field === 'profile' ? (at[0] ?? '') : field
      // Clerk has an empty text where there is no name.
      if ((own(user, name) || null) !== (value || null)) profile[name] = value
      continue
    }
    const change = difference(
      value,
      at.reduce<unknown>((inner, key) => own(inner, key), user[field]),
    )
    if (change !== undefined) metadata[field] = merged(metadata[field], at.reduceRight<unknown>(nest, change)) as Json
  }
  return {
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(Object.keys(profile).length > 0 && { profile }),
  }
}

const nest = (inner: unknown, key: string) => Object.fromEntries([[key, inner]])

/** How many bytes of metadata the user would have after the patch. */
export function metadataBytes(user: ClerkUserJSON, { metadata = {} }: OwnedPatch): number {
  const after = metadataFields.map((field) => merged(user[field] ?? {}, metadata[field]))
  return new TextEncoder().encode(after.map((value) => JSON.stringify(value)).join('')).length
}

/** What a deep merge must be given to make `current` into `wanted`; `undefined`: nothing. */
function difference(wanted: unknown, current: unknown): unknown {
  if (!isObject(wanted)) return isSame(wanted, current) ? undefined : wanted
  // Clerk keeps no `null` in an object: to send one takes the key away.
  const kept = Object.entries(wanted).filter(([, value]) => value !== null)
  if (!isObject(current)) return Object.fromEntries(kept)
  const gone = Object.keys(current).filter((key) => !kept.some(([name]) => name === key))
  const changed = kept.map(([key, value]) => [key, difference(value, own(current, key))] as const)
  const entries = [...gone.map((key) => [key, null] as const), ...changed.filter(([, value]) => value !== undefined)]
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

function merged(base: unknown, patch: unknown): unknown {
  if (patch === undefined) return base
  if (!isObject(patch) || !isObject(base)) return patch
  const inner = Object.entries(patch).map(([key, value]) => [key, merged(own(base, key), value)] as const)
  return Object.fromEntries(
    [...Object.entries(base), ...inner].filter(([key, value]) => value !== null || isNull(patch, key)),
  )
}

// A `null` of the patch is to be sent; only in the figure of what is left it counts a few bytes too much.
const isNull = (patch: Json, key: string) => own(patch, key) === null

function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other)
}

function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
}

function own(object: unknown, key: string): unknown {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
