import type { ClerkApi } from '../../clerk-api/clerk-api'
import type { ClerkResourceJSON } from '../../events/events'
import type { ClerkOrganizationMembershipJSON } from '../../events/membership'
import { membershipPair } from '../../map/map-clerk-membership'
import type { StoredDocument } from '../../store/job-store'
import { walkList } from './walk-list'

/** What identifies one object at Clerk: its id; of a membership also its pair. */
export type Reference = Pick<StoredDocument, 'clerkId' | 'pair'>

/** What identifies an object that Clerk returned. */
export function referenceTo(json: ClerkResourceJSON): Reference {
  const pair = membershipPair(json as ClerkOrganizationMembershipJSON)
  return { clerkId: json.id, ...(pair && { pair }) }
}

/** The largest number of ids in one request to Clerk. */
export const IDS_A_REQUEST = 100
const PAGE_SIZE = 500

/**
 * Fetches memberships, a hundred of one organization per request: Clerk finds a membership by its organization and user
 * only. Those whose pair is not known are searched in the whole list.
 */
export async function* lookUpMemberships(
  api: ClerkApi,
  references: readonly Reference[],
  signal: AbortSignal | undefined,
): AsyncGenerator<{ found: ClerkOrganizationMembershipJSON[]; gone: Reference[] }, void> {
  for (const [organizationId, members] of byOrganization(references)) {
    const size = organizationId === undefined ? members.length : IDS_A_REQUEST
    for (let start = 0; start < members.length; start += size) {
      const batch = members.slice(start, start + size)
      const found =
        organizationId === undefined
          ? await search(api, undefined, batch, signal)
          : await ofOrganization(api, organizationId, batch, signal)
      const ids = new Set(found.map(({ id }) => id))
      yield { found, gone: batch.filter(({ clerkId }) => !ids.has(clerkId)) }
    }
  }
}

function byOrganization(references: readonly Reference[]): Map<string | undefined, Reference[]> {
  const groups = new Map<string | undefined, Reference[]>()
  for (const reference of references) {
    const organizationId = reference.pair?.organizationId
    const group = groups.get(organizationId) ?? []
    groups.set(organizationId, group)
    group.push(reference)
  }
  return groups
}

async function ofOrganization(
  api: ClerkApi,
  organizationId: string,
  batch: readonly Reference[],
  signal: AbortSignal | undefined,
): Promise<ClerkOrganizationMembershipJSON[]> {
  const userIds = batch.map(({ pair }) => pair?.userId ?? '')
  const query = { organizationId, userIds, limit: PAGE_SIZE }
  const { data } = await api.listMemberships(query, signal && { signal })
  const isFiltered = data.every((one) => userIds.includes(one.public_user_data?.user_id ?? ''))
  return isFiltered ? data.filter(isIn(batch)) : search(api, organizationId, batch, signal)
}

/** Walks through a whole list, of an organization or of the instance. */
async function search(
  api: ClerkApi,
  organizationId: string | undefined,
  batch: readonly Reference[],
  signal: AbortSignal | undefined,
): Promise<ClerkOrganizationMembershipJSON[]> {
  const list = { ...(organizationId !== undefined && { organizationId }) }
  const pages = walkList((query, call) => api.listMemberships({ ...list, ...query }, call), signal ? { signal } : {})
  const found = new Map<string, ClerkOrganizationMembershipJSON>()
  for await (const page of pages) for (const one of page.filter(isIn(batch))) found.set(one.id, one)
  return [...found.values()]
}

/** Whether a membership is one of these. A member who left and came back has one with another id. */
function isIn(batch: readonly Reference[]): (membership: ClerkOrganizationMembershipJSON) => boolean {
  const ids = new Set(batch.map(({ clerkId }) => clerkId))
  return ({ id }) => ids.has(id)
}
