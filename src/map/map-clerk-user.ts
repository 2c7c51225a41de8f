import { ClerkSyncError } from '../errors'
import {
  type ClerkEmailAddressJSON,
  type ClerkResourceJSON,
  type ClerkUserJSON,
  isClerkId,
  MAX_TIME,
  type ResourceName,
} from '../events/events'
import { runHostCodeNow } from '../host/host-code'
import type { ClerkUserInput, MappedFields } from '../store/write'

/** The profile fields stored by default. `undefined`: Clerk has none. */
export interface MappedProfile {
  email: string | undefined
  username: string | undefined
  firstName: string | undefined
  lastName: string | undefined
  imageUrl: string | undefined
  [path: string]: unknown
}

/**
 * Maps Clerk's user to the fields stored by default. Extend its result in your own `mapUser`. Empty texts and values
 * that are not texts count as missing, because an object could act as a query operator.
 *
 * @example
 * createClerkSync({ users: User, mapUser: (user) => ({ ...mapClerkUser(user), phone: user.phone_numbers?.[0]?.phone_number }) })
 */
export function mapClerkUser(user: ClerkUserJSON): MappedProfile {
  return {
    email: primaryEmail(user),
    username: text(user.username),
    firstName: text(user.first_name),
    lastName: text(user.last_name),
    imageUrl: text(user.image_url),
  }
}

/** A text that Clerk has; empty ones count as missing. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/**
 * Returns the user's primary e-mail address, or `undefined` for users without one (phone, web3 and username sign-ups).
 * It is the entry with the id `primary_email_address_id`, which is often not the first one.
 *
 * @example
 * const email = primaryEmail(event.data)
 */
export function primaryEmail(user: ClerkUserJSON): string | undefined {
  const address = primaryEmailEntry(user)?.email_address
  return typeof address === 'string' && address !== '' ? address : undefined
}

/** Whether Clerk reports this address of the user as verified. */
export function isEmailVerified(user: ClerkUserJSON, address: unknown): boolean {
  if (!Array.isArray(user.email_addresses)) return false
  return user.email_addresses.some((entry) => {
    return typeof address === 'string' && entry?.email_address === address && entry.verification?.status === 'verified'
  })
}

/** Whether Clerk lists this address of the user as not verified. `false` for addresses that Clerk does not list. */
export function isEmailUnverified(user: ClerkUserJSON, address: unknown): boolean {
  if (typeof address !== 'string' || !Array.isArray(user.email_addresses)) return false
  const asked = address.toLowerCase()
  const entries = user.email_addresses.filter((entry) => entry?.email_address?.toLowerCase?.() === asked)
  return entries.length > 0 && entries.every(({ verification }) => verification?.status !== 'verified')
}

function primaryEmailEntry(user: ClerkUserJSON): ClerkEmailAddressJSON | undefined {
  const primaryId = user.primary_email_address_id
  if (typeof primaryId !== 'string' || !Array.isArray(user.email_addresses)) return undefined
  return user.email_addresses.find((entry) => entry?.id === primaryId)
}

/**
 * Returns Clerk's JSON of a user, given that JSON or the SDK's `User` object, which has it as `raw`.
 * @throws {ClerkSyncError} `invalid_clerk_user` for anything else.
 */
export const clerkUserJSON = (input: ClerkUserInput): ClerkUserJSON => clerkJSON(input, 'user')

const sdkClasses = { user: 'User', organization: 'Organization', membership: 'OrganizationMembership' }

/** The same for a resource of any kind. */
export function clerkJSON<JSON extends ClerkResourceJSON>(input: unknown, kind: ResourceName): JSON {
  const json: unknown = isObject(input) && isObject(input.raw) ? input.raw : input
  if (isObject(json) && isClerkId(json.id) && !('updatedAt' in json)) return json as unknown as JSON
  throw new ClerkSyncError(
    'invalid_clerk_user',
    `This is not a Clerk ${kind}: expected the JSON of a webhook or of Clerk's Backend API (with a text \`id\`), or the SDK's ` +
      `\`${sdkClasses[kind]}\` object as it came (a copy made by spreading loses \`raw\`; pass \`${kind}.raw\`).`,
  )
}

/**
 * Returns the version of a resource in milliseconds: `updated_at`, else the time of the event, else `created_at`. Zero if
 * none is known, so that it never replaces a known version.
 */
export function resourceVersion(json: ClerkResourceJSON, eventAt: number | undefined): number {
  return Math.trunc([json.updated_at, eventAt, json.created_at].find(isTime) ?? 0)
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= MAX_TIME
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/**
 * Calls the app's map and returns its fields by path. Our own maps need no check.
 * @throws {ClerkSyncError} `host_code_failed` if it throws, `schema_unfit` if it returns a promise or anything but an
 * object.
 */
export function callMap<JSON>(
  name: 'mapUser' | 'mapOrganization' | 'mapMembership',
  map: (json: JSON) => MappedFields,
  json: JSON,
  ours: (json: JSON) => MappedFields,
): MappedFields {
  if (map === ours) return ours(json)
  const mapped: unknown = runHostCodeNow(name, undefined, () => map(json))
  if (isPromise(mapped)) {
    // Its rejection would end the process.
    mapped.then(undefined, () => {})
    throw unfit(
      name,
      'a promise, but it must not be async. Return the fields directly, and move asynchronous work to a hook (the option `on`).',
    )
  }
  if (typeof mapped !== 'object' || mapped === null || Array.isArray(mapped))
    throw unfit(
      name,
      `${mapped === null ? 'null' : Array.isArray(mapped) ? 'a list' : typeof mapped}, expected an object.`,
    )
  return mapped as MappedFields
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

const unfit = (name: string, what: string) => new ClerkSyncError('schema_unfit', `${name} returned ${what}`)
