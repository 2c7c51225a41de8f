import type { ClerkOrganizationMembershipJSON, MembershipPair } from '../events/membership'
import type { ClerkOrganizationJSON } from '../events/organization'
import { membershipJSON } from '../map/map-clerk-membership'
import { clerkJSON } from '../map/map-clerk-user'
import {
  type ClerkList,
  isEmptyFilter,
  listLimits,
  listSearch,
  type MembershipQuery,
  type OrganizationQuery,
  readList,
} from './lists'
import type { ClerkRequest } from './request'

/** Default deadline of a call on a request path. */
export const INTERACTIVE_MS = 10_000

/** The calls about organizations and their members. Each throws the errors of `clerkRequest`. */
export interface OrganizationCalls {
  /** Fetches an organization; `null` if Clerk has none with that id. */
  getOrganization(clerkId: string, deadline?: number): Promise<ClerkOrganizationJSON | null>
  /**
   * Fetches the membership of a user in an organization; `null` if Clerk has none. Clerk finds a membership by its pair
   * only, not by its id.
   */
  getMembership(pair: MembershipPair, deadline?: number): Promise<ClerkOrganizationMembershipJSON | null>
  /** Fetches one page of organizations, like `listUsers`. A query by ids returns only those organizations. */
  listOrganizations(query: OrganizationQuery, options?: Limits): Promise<ClerkList<ClerkOrganizationJSON>>
  /**
   * Fetches one page of memberships, like `listUsers`. With `userIds` the response can contain other members, because
   * Clerk ignores ids that it does not know, and does not document what remains of a filter without others.
   */
  listMemberships(query: MembershipQuery, options?: Limits): Promise<MembershipList>
}

type Limits = Pick<ClerkRequest, 'deadline' | 'signal'>
type MembershipList = ClerkList<ClerkOrganizationMembershipJSON>

const PAGE_SIZE = 500
/** Pages overlap, because the list can become shorter between them. */
const OVERLAP = 50

/** Creates the calls about organizations and their members. */
export function organizationCalls(request: (wanted: ClerkRequest) => Promise<unknown>): OrganizationCalls {
  async function membersIn(query: MembershipQuery, call: Omit<ClerkRequest, 'path'>): Promise<MembershipList> {
    const { organizationId, userIds, ...page } = query
    const path = organizationId === undefined ? '/organization_memberships' : `${pathOf(organizationId)}/memberships`
    const json = await request({ path, query: listSearch(page, { user_id: userIds }), ...call })
    if (json === null && organizationId !== undefined) return none
    return readList<ClerkOrganizationMembershipJSON>(json, path)
  }
  return {
    async getOrganization(clerkId, deadline = Date.now() + INTERACTIVE_MS) {
      const json = await request({ path: pathOf(clerkId), deadline })
      return json === null ? null : clerkJSON<ClerkOrganizationJSON>(json, 'organization')
    },
    async getMembership({ organizationId, userId }, deadline = Date.now() + INTERACTIVE_MS) {
      // One page, unless Clerk ignored the filter.
      for (let offset = 0; ; offset += PAGE_SIZE - OVERLAP) {
        const page = { organizationId, userIds: [userId], limit: PAGE_SIZE, offset, orderBy: '+created_at' } as const
        const { data } = await membersIn(page, { deadline })
        const found = data.find((one) => one.public_user_data?.user_id === userId)
        if (found) return membershipJSON(found)
        if (data.length < PAGE_SIZE) return null
      }
    },
    async listOrganizations({ organizationIds, ...page }, options) {
      if (isEmptyFilter(organizationIds)) return none
      const query = listSearch(page, { organization_id: organizationIds })
      const json = await request({ path: '/organizations', query, ...listLimits, ...options })
      const list = readList<ClerkOrganizationJSON>(json, '/organizations')
      if (!organizationIds) return list
      return { ...list, data: list.data.filter(({ id }) => organizationIds.includes(id)) }
    },
    async listMemberships(query, options) {
      return isEmptyFilter(query.userIds) ? none : membersIn(query, { ...listLimits, ...options })
    },
  }
}

const none = { data: [], totalCount: 0 }

const pathOf = (organizationId: string): string => `/organizations/${encodeURIComponent(organizationId)}`
