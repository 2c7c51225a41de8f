/** The paths of a user that are this library's own bookkeeping, by our names. Nobody but the library reads them. */
export const privatePathNames = [
  'clerkHooksDue',
  'clerkSentinelDue',
  'clerkFingerprints',
  'clerkEmailUnverified',
  'clerkPushDue',
  'clerkPushLease',
  'clerkPushedAt',
  'clerkPushReverted',
  'clerkPushWritten',
] as const
