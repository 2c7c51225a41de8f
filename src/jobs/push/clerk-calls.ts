import type { CallOptions, ClerkApi } from '../../clerk-api/clerk-api'
import type { ClerkResourceJSON, ResourceName } from '../../events/events'

/** How pushes of a resource call Clerk's API. */
export interface ClerkCalls {
  /** Its name in results, and in the options of `createClerkSync`. */
  readonly plural: 'users' | 'organizations'
  /** Path of the list. One of them is beneath it, at its id, with its metadata at `/metadata`. */
  readonly path: string
  /** Profile fields that Clerk always has, so that their removal cannot be pushed. */
  readonly required: readonly string[]
  /** Fetches some of them, at most a hundred. Omits those that do not exist. */
  find(api: ClerkApi, clerkIds: readonly string[], options: CallOptions): Promise<ClerkResourceJSON[]>
  /** Counts all, for progress. `undefined` if Clerk does not count them. */
  count(api: ClerkApi, options: CallOptions): Promise<number | undefined>
}

/** The largest number of ids in one request to Clerk. */
export const IDS_A_REQUEST = 100

/** The calls of each resource that can be pushed. */
export const callsOf: Readonly<Partial<Record<ResourceName, ClerkCalls>>> = {
  user: {
    plural: 'users',
    path: '/users',
    required: [],
    find: (api, userIds, options) => api.listUsers({ limit: IDS_A_REQUEST, userIds }, options),
    count: (api, options) => api.countUsers(options),
  },
  organization: {
    plural: 'organizations',
    path: '/organizations',
    required: ['name', 'slug'],
    async find(api, organizationIds, options) {
      return (await api.listOrganizations({ limit: IDS_A_REQUEST, organizationIds }, options)).data
    },
    count: async (api, options) => (await api.listOrganizations({ limit: 1 }, options)).totalCount,
  },
}
