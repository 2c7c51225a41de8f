import { ClerkSyncError } from '../../errors'

/** Creates the error for a list that would never end. */
export function listStands(): ClerkSyncError {
  return new ClerkSyncError(
    'clerk_api_failed',
    "Clerk's list of users does not advance: the next page is one that was given before. Does something between here and Clerk drop the query?",
  )
}
