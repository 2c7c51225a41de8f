import { ClerkSyncError } from '../../errors'
import type { AnyPathName, Paths } from './paths'

/** Profile fields of a user that Clerk's Backend API can write, by our names. */
export const userProfile = { firstName: 'first_name', lastName: 'last_name', username: 'username' } as const
/** The same of an organization. */
export const organizationProfile = { name: 'name', slug: 'slug' } as const

const metadataFields = {
  publicMetadata: 'public_metadata',
  privateMetadata: 'private_metadata',
  unsafeMetadata: 'unsafe_metadata',
} as const

/** What of a resource MongoDB can own. */
export interface Pushable {
  /** Its kinds of metadata, by the option's names. */
  metadata: readonly (keyof typeof metadataFields)[]
  /** Its profile fields: our names, and Clerk's. */
  profile: Readonly<Partial<Record<AnyPathName, string>>>
  /** Whether Clerk keeps an external id of it. */
  hasExternalId: boolean
  /** Fields of its JSON that Clerk updates without an event. */
  silentFields: readonly string[]
}

/** The field of Clerk's JSON that contains an owned path. */
export type OwnedField = 'public_metadata' | 'private_metadata' | 'unsafe_metadata' | 'profile' | 'external_id'

/** A path that MongoDB owns: written from Clerk only with an insert, then pushed. */
export interface OwnedPath {
  /** In the app's schema. */
  path: string
  field: OwnedField
  /** Keys within the field; none for `external_id`. */
  at: readonly string[]
}

/** Paths of the schema with the same name in Clerk, or an object from path to the path within Clerk's metadata. */
export type OwnedMetadata = readonly string[] | Readonly<Record<string, string>>

/** What MongoDB owns. Everything else belongs to Clerk. */
export interface OwnedFields {
  /**
   * Stored in Clerk's `public_metadata`: `['plan']`, or `{ 'plan.tier': 'tier' }` if the names differ (path of the
   * schema → path in the metadata).
   */
  publicMetadata?: OwnedMetadata
  /** Stored in Clerk's `private_metadata`, which only your server can read. */
  privateMetadata?: OwnedMetadata
  /** Stored in Clerk's `unsafe_metadata`, which the user's browser can write. */
  unsafeMetadata?: OwnedMetadata
  /** Profile fields, by our names; `paths` maps them to the schema. */
  profile?: readonly (keyof typeof userProfile)[]
  /**
   * The path whose value, as text, is Clerk's `external_id`. A new Clerk user with an external id is linked to the
   * account that has it.
   */
  externalId?: string
}

/** What MongoDB owns of organizations. Everything else belongs to Clerk. */
export interface OwnedOrganizationFields extends Pick<OwnedFields, 'publicMetadata' | 'privateMetadata'> {
  /** `name` and `slug`, by our names; `paths` maps them to the schema. Clerk refuses to remove either. */
  profile?: readonly (keyof typeof organizationProfile)[]
}

/** The option `push` of any resource. */
type AnyOwnedFields = Omit<OwnedFields, 'profile'> & { profile?: readonly AnyPathName[] }

/**
 * Lists the owned paths.
 * @throws {ClerkSyncError} `schema_unfit` if two of them, or one and our own fields, would write the same path.
 */
export function resolveOwned(push: AnyOwnedFields, pushable: Pushable, paths: Paths): readonly OwnedPath[] {
  const { profile = [], externalId } = push
  const known: string[] = [...pushable.metadata, 'profile', ...(pushable.hasExternalId ? ['externalId'] : [])]
  const unknown = Object.keys(push).find((name) => !known.includes(name))
  if (unknown !== undefined) throw unfit(`push has no option ${unknown}. Expected ${known.join(', ')}.`)
  const owned: OwnedPath[] = [
    ...pushable.metadata.flatMap((name) => metadata(metadataFields[name], push[name] ?? [])),
    ...profile.map((name) => profileField(name, pushable, paths)),
    ...(externalId === undefined ? [] : [{ path: externalId, field: 'external_id', at: [] } as const]),
  ]
  for (const one of owned) refuseReserved(one, pushable, paths)
  owned.forEach((one, index) => {
    for (const other of owned.slice(0, index)) refuseTwice(one, other)
  })
  return owned
}

function metadata(field: OwnedField, given: OwnedMetadata): OwnedPath[] {
  const pairs = Array.isArray(given) ? given.map((path: string) => [path, path] as const) : Object.entries(given)
  return pairs.map(([path, at]) => ({ path, field, at: at.split('.') }))
}

function profileField(name: AnyPathName, { profile }: Pushable, paths: Paths): OwnedPath {
  const field = Object.hasOwn(profile, name) ? profile[name] : undefined
  if (field !== undefined) return { path: paths[name], field: 'profile', at: [field] }
  const expected = Object.keys(profile).join(', ')
  throw unfit(`push.profile: Clerk has no field ${name} that can be pushed. Expected any of ${expected}.`)
}

function refuseReserved({ path, field }: OwnedPath, { profile }: Pushable, paths: Paths): void {
  if (path === '_id' && field === 'external_id') {
    if (paths.clerkId !== '_id') return
    throw unfit("push.externalId: the schema's _id is already Clerk's id. Remove the option.")
  }
  const isReserved = (name: string) => name !== 'imageUrl' && !Object.hasOwn(profile, name)
  const reserved = Object.entries(paths).find(([name, ours]) => isReserved(name) && overlap(path, ours))
  if (path === '_id' || reserved)
    throw unfit(`push names ${path}, which this library writes itself. Remove it from push.`)
}

function refuseTwice(one: OwnedPath, other: OwnedPath): void {
  if (overlap(one.path, other.path))
    throw unfit(`push contains ${one.path} and ${other.path}, which overlap. Remove one of them.`)
  if (one.field === other.field && overlap(one.at.join('.'), other.at.join('.')))
    throw unfit(`push: ${one.path} and ${other.path} are the same field in Clerk. Remove one of them.`)
}

/** Whether writing one path writes the other: they are equal, or one is beneath the other. */
export function overlap(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`)
}

const unfit = (message: string) => new ClerkSyncError('schema_unfit', message)

/** The path stored in Clerk as `external_id`, if there is one. */
export const externalIdPath = ({
  options,
}: {
  options: { push: readonly OwnedPath[] | undefined }
}): string | undefined => options.push?.find(({ field }) => field === 'external_id')?.path
