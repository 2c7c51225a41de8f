import { ClerkSyncError } from '../../errors'
import type { Paths } from './paths'

/** Profile fields that Clerk's Backend API can write, by our names. */
export const pushableProfile = { firstName: 'first_name', lastName: 'last_name', username: 'username' } as const

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
  profile?: readonly (keyof typeof pushableProfile)[]
  /**
   * The path whose value, as text, is Clerk's `external_id`. A new Clerk user with an external id is linked to the
   * account that has it.
   */
  externalId?: string
}

/**
 * Lists the owned paths.
 * @throws {ClerkSyncError} `schema_unfit` if two of them, or one and our own fields, would write the same path.
 */
export function resolveOwned(push: OwnedFields, paths: Paths): readonly OwnedPath[] {
  const { publicMetadata = [], privateMetadata = [], unsafeMetadata = [], profile = [], externalId, ...unknown } = push
  const [misspelt] = Object.keys(unknown)
  if (misspelt !== undefined)
    throw unfit(
      `push has no option ${misspelt}. Expected publicMetadata, privateMetadata, unsafeMetadata, profile, externalId.`,
    )
  const owned: OwnedPath[] = [
    ...metadata('public_metadata', publicMetadata),
    ...metadata('private_metadata', privateMetadata),
    ...metadata('unsafe_metadata', unsafeMetadata),
    ...profile.map((name) => profileField(name, paths)),
    ...(externalId === undefined ? [] : [{ path: externalId, field: 'external_id', at: [] } as const]),
  ]
  for (const one of owned) refuseReserved(one, paths)
  owned.forEach((one, index) => {
    for (const other of owned.slice(0, index)) refuseTwice(one, other)
  })
  return owned
}

function metadata(field: OwnedField, given: OwnedMetadata): OwnedPath[] {
  const pairs = Array.isArray(given) ? given.map((path: string) => [path, path] as const) : Object.entries(given)
  return pairs.map(([path, at]) => ({ path, field, at: at.split('.') }))
}

function profileField(name: keyof typeof pushableProfile, paths: Paths): OwnedPath {
  if (Object.hasOwn(pushableProfile, name)) return { path: paths[name], field: 'profile', at: [pushableProfile[name]] }
  const expected = Object.keys(pushableProfile).join(', ')
  throw unfit(`push.profile: Clerk has no field ${name} that can be pushed. Expected any of ${expected}.`)
}

const profileNames = new Set<string>(['username', 'firstName', 'lastName', 'imageUrl'])

function refuseReserved({ path, field }: OwnedPath, paths: Paths): void {
  if (path === '_id' && field === 'external_id') {
    if (paths.clerkId !== '_id') return
    throw unfit("push.externalId: the schema's _id is already Clerk's id. Remove the option.")
  }
  const reserved = Object.entries(paths).find(([name, ours]) => !profileNames.has(name) && overlap(path, ours))
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
