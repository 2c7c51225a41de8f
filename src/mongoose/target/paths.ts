import { privatePathNames } from '../../map/private-paths'

/** Our names for a user's paths. They are also the schema's paths, unless `paths` maps them. */
export const pathNames = [
  'clerkId',
  'authProvider',
  'syncStatus',
  'syncError',
  'syncErrorPath',
  'lastClerkSync',
  'clerkUpdatedAt',
  'clerkDeletedAt',
  ...privatePathNames,
  'email',
  'username',
  'firstName',
  'lastName',
  'imageUrl',
] as const

/** One of our names for a user's paths. */
export type PathName = (typeof pathNames)[number]

/** Names that `mapUser` can use for paths; the others are the library's own fields. */
export const profileNames: readonly PathName[] = ['email', 'username', 'firstName', 'lastName', 'imageUrl']

/** The schema's path for each of our names. */
export type Paths = Readonly<Record<PathName, string>>
