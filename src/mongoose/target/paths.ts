/** Our names for the paths of a user. Each is also the path's name in the schema, unless `paths` says otherwise. */
export const pathNames = [
  'clerkId',
  'authProvider',
  'syncStatus',
  'syncError',
  'syncErrorPath',
  'lastClerkSync',
  'clerkUpdatedAt',
  'clerkDeletedAt',
  'clerkHooksDue',
  'clerkPendingType',
  'clerkFingerprints',
  'clerkEmailUnverified',
  'clerkPushToken',
  'clerkPushLease',
  'clerkPushedVersions',
  'clerkPushReverted',
  'clerkPushWritten',
  'email',
  'username',
  'firstName',
  'lastName',
  'imageUrl',
] as const

export type PathName = (typeof pathNames)[number]

/** The names a `mapUser` may use for paths; the others are the library's own bookkeeping. */
export const profileNames: readonly PathName[] = ['email', 'username', 'firstName', 'lastName', 'imageUrl']

export type Paths = Readonly<Record<PathName, string>>
