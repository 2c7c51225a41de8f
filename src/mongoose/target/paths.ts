import { privatePathNames, pushPathNames } from '../../map/private-paths'

/** Fields of this library in the documents of every resource. */
const ownNames = [
  'clerkId',
  'syncStatus',
  'syncError',
  'syncErrorPath',
  'lastClerkSync',
  'clerkUpdatedAt',
  'clerkDeletedAt',
] as const

/** Our names for a user's paths. They are also the schema's paths, unless `paths` maps them. */
export const userNames = [
  ...ownNames,
  'authProvider',
  ...privatePathNames,
  'email',
  'username',
  'firstName',
  'lastName',
  'imageUrl',
] as const

/** Our names for an organization's paths. */
export const organizationNames = [
  ...ownNames,
  'clerkHooksDue',
  'clerkPendingType',
  'clerkFingerprints',
  ...pushPathNames,
  'name',
  'slug',
  'imageUrl',
  'createdBy',
] as const

/** Our names for a membership's paths. */
export const membershipNames = [
  ...ownNames,
  'clerkHooksDue',
  'clerkPendingType',
  'clerkFingerprints',
  'organizationId',
  'userId',
  'role',
  'permissions',
  'user',
  'organization',
] as const

/** One of our names for a user's paths. */
export type PathName = (typeof userNames)[number]
/** One of our names for an organization's paths. */
export type OrganizationPathName = (typeof organizationNames)[number]
/** One of our names for a membership's paths. */
export type MembershipPathName = (typeof membershipNames)[number]
/** One of our names for a path of any resource. */
export type AnyPathName = PathName | OrganizationPathName | MembershipPathName

/** The schema's path for each of our names. Has only the names of its resource: see `Entity.names`. */
export type Paths = Readonly<Record<AnyPathName, string>>
