import type { CallOptions, ClerkApi } from '../../clerk-api/clerk-api'
import type { ClerkResourceJSON, ResourceName } from '../../events/events'
import { IDS_A_REQUEST, lookUpMemberships, type Reference } from './look-up-memberships'
import { walkChanged } from './walk-changed'
import { PAGE_SIZE, type Position, walkClerk } from './walk-clerk'
import { type ListWalk, type ReadPage, walkList } from './walk-list'

/** Objects found at Clerk, and references to objects that Clerk does not have. */
export interface LookedUp {
  found: ClerkResourceJSON[]
  gone: Reference[]
}

type Pages = AsyncGenerator<ClerkResourceJSON[], void>

/** How the jobs read one resource from Clerk. All calls throw the errors of the API. */
export interface ClerkSource {
  name: ResourceName
  /** Whether a walk can repeat its pass, so that it returns objects a second time: see `walkList`. */
  mayRepeat: boolean
  /** Iterates over all objects in pages, oldest first. */
  walk(options: ListWalk<ClerkResourceJSON> & { from?: Position | undefined }): Pages
  /** Iterates over objects changed since a time, in milliseconds. */
  walkChanged(options: CallOptions & { since: number }): Pages
  /** Counts the objects, for progress. `undefined` if Clerk fails to count them. */
  count(call: CallOptions | undefined): Promise<number | undefined>
  /** Returns the page at an offset, oldest first, at most 500 objects. */
  pageAt(page: { limit: number; offset: number }, call: CallOptions | undefined): Promise<ClerkResourceJSON[]>
  /** Fetches objects, in as few requests as possible. */
  lookUp(references: readonly Reference[], signal: AbortSignal | undefined): AsyncGenerator<LookedUp, void>
  /** Fetches one object; `null` if Clerk does not have it. @param deadline Milliseconds. */
  get(reference: Reference, deadline: number): Promise<ClerkResourceJSON | null>
}

/** Returns how to read a resource. */
export function clerkSource(api: ClerkApi, name: ResourceName): ClerkSource {
  return sources[name](api)
}

const sources: Record<ResourceName, (api: ClerkApi) => ClerkSource> = {
  user: (api) => ({
    name: 'user',
    mayRepeat: false,
    walk: (options) => walkClerk(api, options),
    walkChanged: (options) => walkChanged(api, options),
    count: (call) => api.countUsers(call),
    pageAt: (page, call) => api.listUsers({ ...page, orderBy: '+created_at' }, call),
    lookUp: byIds((userIds, call) => api.listUsers({ userIds, limit: IDS_A_REQUEST }, call)),
    get: ({ clerkId }, deadline) => api.getUser(clerkId, deadline),
  }),
  organization: (api) => ({
    name: 'organization',
    ...fromList((query, call) => api.listOrganizations(query, call)),
    lookUp: byIds(async (organizationIds, call) => {
      return (await api.listOrganizations({ organizationIds, limit: IDS_A_REQUEST }, call)).data
    }),
    get: ({ clerkId }, deadline) => api.getOrganization(clerkId, deadline),
  }),
  membership: (api) => ({
    name: 'membership',
    ...fromList((query, call) => api.listMemberships(query, call)),
    lookUp: (references, signal) => lookUpMemberships(api, references, signal),
    async get({ clerkId, pair }, deadline) {
      const found = pair && (await api.getMembership(pair, deadline))
      // A member who left and came back has a membership with another id.
      return found?.id === clerkId ? found : null
    },
  }),
}

/** What a list without a cursor, and without an order by the last change, can do. */
function fromList(
  read: ReadPage<ClerkResourceJSON>,
): Pick<ClerkSource, 'mayRepeat' | 'walk' | 'walkChanged' | 'count' | 'pageAt'> {
  return {
    mayRepeat: true,
    walk: (options) => walkList(read, options),
    async *walkChanged({ since, ...call }) {
      for await (const page of walkList(read, { ...call, pageSize: PAGE_SIZE })) {
        const changed = page.filter(({ updated_at }) => (updated_at ?? 0) >= since)
        if (changed.length > 0) yield changed
      }
    },
    count: async (call) => (await read({ limit: 1 }, call ?? {})).totalCount,
    pageAt: async (page, call) => (await read({ ...page, orderBy: '+created_at' }, call ?? {})).data,
  }
}

/** Looks up a hundred ids per request. */
function byIds(list: (ids: string[], call: CallOptions) => Promise<ClerkResourceJSON[]>): ClerkSource['lookUp'] {
  return async function* lookUp(references, signal) {
    for (let start = 0; start < references.length; start += IDS_A_REQUEST) {
      const batch = references.slice(start, start + IDS_A_REQUEST)
      const ids = batch.map(({ clerkId }) => clerkId)
      const listed = new Map((await list(ids, signal ? { signal } : {})).map((one) => [one.id, one]))
      yield {
        found: ids.map((id) => listed.get(id)).filter((one) => one !== undefined),
        gone: batch.filter(({ clerkId }) => !listed.has(clerkId)),
      }
    }
  }
}
