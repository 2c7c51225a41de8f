import type { ClerkResourceJSON } from '../../events/events'
import type { OwnedPlace, OwnedValues, PushCandidate } from '../../store/push-store'

/** What to send to Clerk so that it has the values that MongoDB owns. An absent part needs no request. */
export interface OwnedPatch {
  /** Body of `PATCH …/{id}/metadata`, which merges deeply and removes keys that are `null`. */
  metadata?: Record<string, Json>
  /** Body of `PATCH …/{id}`. */
  profile?: Record<string, unknown>
}

type Json = Record<string, unknown>

const metadataFields = ['public_metadata', 'private_metadata', 'unsafe_metadata'] as const

/** Clerk's limit for the metadata of a user or an organization. @see https://clerk.com/docs/guides/users/extending */
export const MAX_METADATA_BYTES = 8 * 1024

/** What to send for a candidate, given its state in Clerk. */
export function candidatePatch(
  places: readonly OwnedPlace[],
  candidate: PushCandidate,
  json: ClerkResourceJSON,
): OwnedPatch {
  return patchFor(placesOf(places, candidate, json), candidate.owned, json)
}

function placesOf(places: readonly OwnedPlace[], candidate: PushCandidate, json: ClerkResourceJSON): OwnedPlace[] {
  const left = candidate.leftToClerk(json)
  return places.filter(({ path }) => !left.includes(path))
}

/** Compares the owned values with Clerk's. */
export function patchFor(places: readonly Place[], owned: OwnedValues, json: ClerkResourceJSON): OwnedPatch {
  const metadata: Record<string, Json> = {}
  const profile: Record<string, unknown> = {}
  for (const { field, at } of places) {
    const change = changeAt({ field, at }, owned, json)
    if (change === undefined) continue
    if (field === 'profile' || field === 'external_id') profile[nameOf(field, at)] = change
    else metadata[field] = combined(metadata[field], at.reduceRight<unknown>(nest, change)) as Json
  }
  return {
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(Object.keys(profile).length > 0 && { profile }),
  }
}

/** What a push does to a value in Clerk. `set`: Clerk has none. */
export type OwnedChange = 'set' | 'overwritten' | 'removed'

/** As `candidatePatch`, as a list of changes. Omits places that are in step. */
export function changesFor(
  places: readonly OwnedPlace[],
  candidate: PushCandidate,
  json: ClerkResourceJSON,
): { path: string; change: OwnedChange }[] {
  const { owned } = candidate
  return placesOf(places, candidate, json).flatMap((place) => {
    if (changeAt(place, owned, json) === undefined) return []
    const isNone = (inside(owned[place.field], place.at) ?? null) === null
    const change = isNone ? 'removed' : atClerk(place, json) === undefined ? 'set' : 'overwritten'
    return [{ path: place.path, change }]
  })
}

type Place = Pick<OwnedPlace, 'field' | 'at'>

/** What to send for one place; `undefined`: nothing. */
function changeAt(place: Place, owned: OwnedValues, json: ClerkResourceJSON): unknown {
  const wanted = inside(owned[place.field], place.at)
  // The app has not set the path, or this library made up its value.
  if (wanted === undefined) return undefined
  const current = atClerk(place, json)
  if (place.field !== 'profile' && place.field !== 'external_id') return difference(wanted, current)
  return (current ?? null) === (wanted || null) ? undefined : wanted
}

function atClerk({ field, at }: Place, json: ClerkResourceJSON): unknown {
  // Clerk stores a missing name as an empty text.
  if (field === 'profile' || field === 'external_id') return own(json, nameOf(field, at)) || undefined
  return inside(own(json, field), at) ?? undefined
}

const nameOf = (field: 'profile' | 'external_id', at: readonly string[]) =>
  field === 'profile' ? (at[0] ?? '') : field

/** Size of all metadata after the patch, in bytes. */
export function metadataBytes(json: object, { metadata = {} }: OwnedPatch): number {
  const after = metadataFields.map((field) => afterMerge(own(json, field) ?? undefined, metadata[field]))
  return new TextEncoder().encode(after.map((value) => JSON.stringify(value) ?? '').join('')).length
}

const inside = (value: unknown, at: readonly string[]) => at.reduce<unknown>((inner, key) => own(inner, key), value)
// Not by assignment, because `__proto__` is a key like any other.
const nest = (inner: unknown, key: string) => Object.fromEntries([[key, inner]])

/** The deep merge that turns `current` into `wanted`; `undefined`: nothing. */
function difference(wanted: unknown, current: unknown): unknown {
  if (!isObject(wanted)) return canonical(wanted) === canonical(current) ? undefined : wanted
  // Clerk stores no `null` in an object; sending one removes the key.
  const kept = Object.entries(wanted).filter(([, value]) => value !== null)
  if (!isObject(current)) return Object.fromEntries(kept)
  const gone = Object.keys(current).filter((key) => !kept.some(([name]) => name === key))
  const changed = kept.map(([key, value]) => [key, difference(value, own(current, key))] as const)
  const entries = [...gone.map((key) => [key, null] as const), ...changed.filter(([, value]) => value !== undefined)]
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

/** Combines two patches. Keeps `null`, which must be sent. */
function combined(one: unknown, other: unknown): unknown {
  if (!isObject(one) || !isObject(other)) return other
  const inner = Object.entries(other).map(([key, value]) => [key, combined(own(one, key), value)] as const)
  return Object.fromEntries([...Object.entries(one), ...inner])
}

/** Clerk's value after the patch is merged into it. */
function afterMerge(current: unknown, patch: unknown): unknown {
  if (patch === undefined || patch === null) return patch === null ? undefined : current
  if (!isObject(patch)) return patch
  const base = isObject(current) ? current : {}
  const inner = Object.entries(patch).map(([key, value]) => [key, afterMerge(own(base, key), value)] as const)
  return Object.fromEntries([...Object.entries(base), ...inner].filter(([key]) => own(patch, key) !== null))
}

/** Returns equal texts for equal values, in any order of their keys. */
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
