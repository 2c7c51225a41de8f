import { ClerkSyncError } from '../../errors'

/** Creates the error for a list that would never end. */
export function stalledList(): ClerkSyncError {
  return new ClerkSyncError(
    'clerk_api_failed',
    "Clerk's list does not advance: the same page was returned again. Check whether a proxy removes the query from requests to Clerk.",
  )
}
