import type { ClerkResourceJSON, ClerkUserJSON, ResourceName } from '../events/events'
import type { ClerkOrganizationJSON } from '../events/organization'
import { mapClerkMembership, membershipJSON, membershipPair } from '../map/map-clerk-membership'
import { mapClerkOrganization } from '../map/map-clerk-organization'
import { clerkJSON, mapClerkUser } from '../map/map-clerk-user'
import { isPlaceholder, placeholderSlug } from '../map/placeholder'
import type {
  ClerkMembershipInput,
  ClerkOrganizationInput,
  ClerkUserInput,
  MapMembership,
  MapOrganization,
  MappedFields,
  MapUser,
} from '../store/write'

/** Options of `assertSynced`: the rules of your `createClerkSync`. */
interface AssertSyncedOptions {
  /** @default mapClerkUser */
  mapUser?: MapUser
  /** @default mapClerkOrganization */
  mapOrganization?: MapOrganization
  /** @default mapClerkMembership */
  mapMembership?: MapMembership
}

/** What one resource must have in its document. */
interface Expected {
  kind: ResourceName
  json: ClerkResourceJSON
  fields: MappedFields
  /** Our names among the fields. A schema may lack them, or map them to another path. */
  ownNames: readonly string[]
}

/**
 * Throws unless the document has Clerk's state of the user, organization or membership: id, mapped fields, version, and
 * a status in step. Ignores fields that the document's schema lacks, and accepts a placeholder if Clerk has no value. The message
 * says what is wrong with each path, without values. Works with any test runner.
 *
 * @param doc A document, a `lean()` result, or a user of the memory store; `null` fails.
 * @param input The expected state: Clerk's JSON, or the SDK's `User`, `Organization` or `OrganizationMembership`.
 *
 * @example
 * const { data } = fixtures.userUpdated(user, { first_name: 'Grace' })
 * assertSynced(await User.findByClerkId(user.id), data)
 */
export function assertSynced(
  doc: object | null | undefined,
  input: ClerkUserInput | ClerkOrganizationInput | ClerkMembershipInput,
  options: AssertSyncedOptions = {},
): void {
  const { kind, json, fields, ownNames } = expected(input, options)
  if (!doc) throw new Error(`Clerk ${kind} ${json.id} has no document.`)
  const read = reader(doc)
  const wrong = [...wrongMarks(read, kind, json)]
  for (const [key, value] of Object.entries(fields)) {
    if (ownNames.includes(key)) wrong.push(...differences(read, read.pathOf(key), value, json.id))
    else wrong.push(...(read.has(key) ? differences(read, key, value, json.id) : [`${key} (not in the schema)`]))
  }
  if (wrong.length > 0) throw new Error(`Clerk ${kind} ${json.id} is not in step: ${wrong.join(', ')}.`)
}

function expected(input: unknown, rules: AssertSyncedOptions): Expected {
  const kind = kindOf(input)
  if (kind === 'organization') {
    const { mapOrganization = mapClerkOrganization } = rules
    const json = clerkJSON<ClerkOrganizationJSON>(input, kind)
    return { kind, json, fields: mapOrganization(json), ownNames: ['name', 'slug', 'imageUrl', 'createdBy'] }
  }
  if (kind === 'membership') {
    const { mapMembership = mapClerkMembership } = rules
    const json = membershipJSON(input)
    const fields = { ...membershipPair(json), ...mapMembership(json) }
    return { kind, json, fields, ownNames: ['organizationId', 'userId', 'role', 'permissions'] }
  }
  const { mapUser = mapClerkUser } = rules
  const json = clerkJSON<ClerkUserJSON>(input, kind)
  return { kind, json, fields: mapUser(json), ownNames: ['email', 'username', 'firstName', 'lastName', 'imageUrl'] }
}

/** Clerk's names of resources in `object`, and the beginnings of their ids. */
const kinds: readonly [kind: ResourceName, object: string, prefix: string][] = [
  ['organization', 'organization', 'org_'],
  ['membership', 'organization_membership', 'orgmem_'],
]

/** The resource that Clerk's JSON is of. Anything unknown is taken for a user. */
function kindOf(input: unknown): ResourceName {
  const { raw, ...given } = (input ?? {}) as { raw?: object | null }
  const { id, object } = (raw ?? given) as { id?: unknown; object?: unknown }
  const found = kinds.find(([, name, prefix]) =>
    object === undefined ? String(id).startsWith(prefix) : object === name,
  )
  return found?.[0] ?? 'user'
}

function wrongMarks(read: Reader, kind: ResourceName, { id, updated_at: version }: ClerkResourceJSON): string[] {
  const mark = (name: string) => read(read.pathOf(name))
  const wrong: string[] = []
  if ((mark('clerkId') ?? read('_id')) !== id) wrong.push(`clerkId (missing, or of another ${kind})`)
  if (mark('syncStatus') !== 'active') wrong.push(`syncStatus (${mark('syncStatus')}, ${mark('syncError')})`)
  if (mark('clerkDeletedAt')) wrong.push(`clerkDeletedAt (the ${kind} is deleted)`)
  const ahead = new Date(mark('clerkUpdatedAt') as string | number).getTime() - (version ?? 0)
  if (version && ahead !== 0) wrong.push(`clerkUpdatedAt (${age(ahead)})`)
  return wrong
}

function age(ahead: number): string {
  if (Number.isNaN(ahead)) return 'missing'
  return ahead < 0 ? 'an older version is stored' : 'a newer version is stored'
}

function differences(read: Reader, path: string, value: unknown, clerkId: string): string[] {
  if (read.isNested(path) && typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, inner]) => differences(read, `${path}.${name}`, inner, clerkId))
  }
  const held: [unknown, unknown] = [read.stored(path), read(path)]
  const problem = read.has(path)
    ? difference(held, [value, read.cast(path, value), ...read.defaults(path, value)], clerkId)
    : undefined
  return problem ? [`${path} (${problem})`] : []
}

/** @param held The stored value, and the value that the schema's getters return. */
function difference(held: [stored: unknown, shown: unknown], expected: unknown[], clerkId: string): string | undefined {
  const text = (of: unknown) => JSON.stringify(of ?? null)
  const [stored] = held
  if (expected.some((form) => held.some((value) => text(form) === text(value)))) return undefined
  if (stored === undefined || stored === null) return 'missing'
  if (expected[0] !== undefined && expected[0] !== null) return 'differs'
  const isMadeUp = typeof stored === 'string' && isPlaceholderOf(stored, clerkId)
  return isMadeUp ? undefined : 'Clerk has none'
}

/** Whether a value stands for one that Clerk does not have. */
const isPlaceholderOf = (stored: string, clerkId: string) =>
  isPlaceholder(stored, clerkId) || stored === placeholderSlug(clerkId)

interface Reader {
  (path: string): unknown
  /** The value without the schema's getters. */
  stored(path: string): unknown
  /** The schema's default, if Clerk has no value. */
  defaults(path: string, value: unknown): unknown[]
  /** Whether the document can hold the path: its schema has it, or there is no schema. */
  has(path: string): boolean
  /** Whether the schema has paths beneath it, which are stored separately. */
  isNested(path: string): boolean
  /** The path that the plugin's `paths` maps one of our names to. */
  pathOf(name: string): string
  /** A value as the schema's setters (`lowercase`, `trim`) would store it. */
  cast(path: string, value: unknown): unknown
}

interface PathDefinition {
  applySetters?(value: unknown, doc: unknown): unknown
  getDefault?(doc: unknown): unknown
}

interface MaybeDocument {
  get?: (path: string, type?: undefined, options?: { getters: boolean }) => unknown
  schema?: {
    pathType(path: string): string
    path(path: string): PathDefinition | undefined
    options?: { clerkSync?: { paths?: Record<string, string> } }
  }
}

function reader(doc: MaybeDocument): Reader {
  const { get, schema } = doc
  const read = (path: string): unknown => {
    if (typeof get === 'function') return get.call(doc, path)
    return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], doc)
  }
  return Object.assign(read, {
    defaults: (path: string, value: unknown) => {
      const isMissing = value === undefined || value === null
      const usual = isMissing ? schema?.path(path)?.getDefault?.(doc) : undefined
      return usual === undefined ? [] : [usual]
    },
    stored: (path: string) => (schema && get ? get.call(doc, path, undefined, { getters: false }) : read(path)),
    isNested: (path: string) => schema?.pathType(path) === 'nested',
    has: (path: string) => !schema || schema.path(path) !== undefined || schema.pathType(path) === 'nested',
    pathOf: (name: string) => schema?.options?.clerkSync?.paths?.[name] ?? name,
    cast: (path: string, value: unknown) => schema?.path(path)?.applySetters?.(value, doc) ?? value,
  })
}
