/** Names of the paths with the bookkeeping of pushes. */
export const pushPathNames = [
  'clerkPushToken',
  'clerkPushLease',
  'clerkPushedVersions',
  'clerkPushReverted',
  'clerkPushWritten',
] as const

/** Names of the paths with this library's bookkeeping. Apps need not read them. */
export const privatePathNames = [
  'clerkHooksDue',
  'clerkPendingType',
  'clerkFingerprints',
  'clerkEmailUnverified',
  ...pushPathNames,
] as const
