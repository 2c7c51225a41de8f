import type { ClerkResourceJSON } from '../../events/events'
import { withoutNulls } from '../../map/without-nulls'
import type { OwnedValues } from '../../store/push-store'
import { type OwnedPath, overlap } from '../target/owned-paths'
import { type AnyDoc, canonical, type Target, valueAt } from '../target/target'
import type { SplitValues } from '../write/push-extension'
import { withValueAt } from './mark'
import { isSetByApp } from './set-by-app'

/** Splits the mapped values by owner. The value of owned metadata is Clerk's, not the one from `mapUser`. */
export function splitOwned(
  { options }: Target,
  json: ClerkResourceJSON,
  mapped: ReadonlyMap<string, unknown>,
): SplitValues {
  const owned = options.push ?? []
  const values = new Map([...mapped].filter(([path]) => !owned.some((one) => overlap(one.path, path))))
  const onInsert = new Map<string, unknown>()
  for (const one of owned) {
    if (one.path === '_id' || !isInJson(json, one)) continue
    const value = one.field === 'profile' && mapped.has(one.path) ? mapped.get(one.path) : atClerk(json, one)
    onInsert.set(one.path, value ?? undefined)
  }
  return { values, onInsert }
}

/** Whether Clerk's JSON contains the field. The value of a missing field is unknown. */
const isInJson = (json: ClerkResourceJSON, { field, at }: OwnedPath): boolean =>
  valueAt({ ...json }, (field === 'profile' && at[0]) || field) !== undefined

function atClerk(json: ClerkResourceJSON, { field, at }: OwnedPath): unknown {
  const isText = field === 'profile' || field === 'external_id'
  const value = valueAt({ ...json }, (field === 'profile' ? at : [field, ...at]).join('.'))
  if (!isText) return value
  return typeof value === 'string' && value !== '' ? value : undefined
}

/**
 * The owned values of a stored document that the app has set, in Clerk's shape; `null` for removed ones. Omits
 * placeholders that this library assigned.
 */
export function ownedValues(target: Target, doc: AnyDoc): OwnedValues {
  const { options, idPath } = target
  const owned: OwnedValues = {}
  for (const one of options.push ?? []) {
    if (!isSetByApp(target, doc, one)) continue
    const { path, field, at } = one
    const value = jsonValue(valueAt(doc, path)) ?? null
    if (field === 'external_id') owned.external_id = value === null ? null : String(value)
    else if (isMadeUp(target, path, value, String(valueAt(doc, idPath)))) continue
    else owned[field] = withValueAt(owned[field] ?? {}, at.join('.'), value)
  }
  return owned
}

/** Whether two states in Clerk differ only in what MongoDB owns. */
export function isSameBeside({ options }: Target, one: ClerkResourceJSON, other: ClerkResourceJSON): boolean {
  const silent = options.entity.pushable?.silentFields ?? []
  const places = (options.push ?? []).map(({ field, at }) => (field === 'profile' ? [...at] : [field, ...at]))
  const rest = (json: ClerkResourceJSON) => [...places, ...silent.map((field) => [field])].reduce(without, { ...json })
  return canonical(rest(one)) === canonical(rest(other))
}

/** A copy without that path, and without objects that are then empty. */
function without(value: AnyDoc, [key = '', ...beneath]: readonly string[]): AnyDoc {
  const { [key]: inner, ...others } = value
  if (beneath.length === 0 || typeof inner !== 'object' || inner === null) return others
  const left = without(inner as AnyDoc, beneath)
  return Object.keys(left).length === 0 ? others : { ...others, [key]: left }
}

/**
 * Whether a username or a slug was assigned by this library, because Clerk has none or another document had it first.
 * The schema may have stored it in lower case.
 */
function isMadeUp({ options: { entity }, paths }: Target, path: string, value: unknown, clerkId: string): boolean {
  if (typeof value !== 'string' || !entity.canVary(paths, path)) return false
  // The variants of an empty text are the suffixes, and those of none the placeholders.
  const endings = entity.fallbackValues(paths, path, '', clerkId, true)
  const isEnding = (one: unknown) => typeof one === 'string' && one !== '' && endsWith(value, one)
  return endings.some(isEnding)
}

const endsWith = (value: string, ending: string): boolean => value.toLowerCase().endsWith(ending.toLowerCase())

/** Whether a stored object or array equals Clerk's, key by key. `null` within an object counts as missing. */
export function isSameJson(stored: unknown, atClerk: unknown): boolean {
  return canonical(withoutNulls(jsonValue(stored))) === canonical(withoutNulls(atClerk))
}

/**
 * A lean document's value as `JSON.stringify` writes it, with decimals and big integers as text, because JavaScript's
 * numbers cannot hold them.
 */
function jsonValue(value: unknown): unknown {
  const text = JSON.stringify(value, function (this: AnyDoc, key, given: unknown) {
    const raw = this[key]
    if (typeof raw === 'bigint') return raw.toString()
    return isDecimal(raw) ? raw.toString() : given
  })
  return text === undefined ? undefined : JSON.parse(text)
}

function isDecimal(value: unknown): value is { toString(): string } {
  if (typeof value !== 'object' || value === null || !('_bsontype' in value)) return false
  return value._bsontype === 'Decimal128' || value._bsontype === 'Long'
}
