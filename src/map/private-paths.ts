/** Names of the paths with this library's bookkeeping. Apps need not read them. */
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
