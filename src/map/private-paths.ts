/** The paths of a user that are this library's own bookkeeping, by our names. Nobody but the library reads them. */
export const privatePathNames = [
  'clerkHooksDue',
  'clerkPendingType',
  'clerkFingerprints',
  'clerkEmailUnverified',
  'clerkPushToken',
  'clerkPushLease',
  'clerkPushedVersions',
  'clerkPushReverted',
  'clerkPushWritten',
] as const
