import type { ClerkApi } from '../../clerk-api/clerk-api'
import type { ClerkUserJSON } from '../../events/events'

/** The largest number of ids in one request to Clerk. */
const IDS_A_REQUEST = 100

/** Fetches users by id, a hundred per request. */
export async function* lookUp(
  api: ClerkApi,
  clerkIds: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<{ found: ClerkUserJSON[]; gone: string[] }, void> {
  for (let start = 0; start < clerkIds.length; start += IDS_A_REQUEST) {
    const userIds = clerkIds.slice(start, start + IDS_A_REQUEST)
    const listed = await api.listUsers({ userIds, limit: IDS_A_REQUEST }, signal && { signal })
    const users = new Map(listed.map((user) => [user.id, user]))
    yield {
      found: userIds.map((id) => users.get(id)).filter((user) => user !== undefined),
      gone: userIds.filter((id) => !users.has(id)),
    }
  }
}
