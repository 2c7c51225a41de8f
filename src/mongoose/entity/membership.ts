import type { ClerkOrganizationMembershipJSON, MembershipPair } from '../../events/membership'
import {
  mapClerkMembership,
  membershipJSON,
  membershipPair,
  sampleMemberships,
  twinMembership,
} from '../../map/map-clerk-membership'
import { callMap, resourceVersion } from '../../map/map-clerk-user'
import type { MapMembership, WriteContext } from '../../store/write'
import { mappedFields } from '../schema/fields'
import type { Entity, ResolvedRules } from '../target/entity'
import type { Incoming } from '../target/incoming'
import { membershipNames } from '../target/paths'
import { asFetched, type Target } from '../target/target'

/** What is particular about memberships: they belong to an organization and a user, and end with either. */
export const membership: Entity = {
  name: 'membership',
  eventName: 'organizationMembership',
  idPrefix: 'orgmem_',
  names: membershipNames,
  profileNames: ['role', 'permissions'],
  lookAlikes: [],
  mapOption: 'mapMembership',
  defaultMap: mapClerkMembership,
  samples: sampleMemberships,
  twinOf: (sample, mark) => twinMembership(sample as ClerkOrganizationMembershipJSON, mark),
  read: membershipJSON,
  map: ({ map }, json) =>
    callMap('mapMembership', map as MapMembership, json as ClerkOrganizationMembershipJSON, mapClerkMembership),
  mapOf: ({ mapMembership }) => mapMembership,
  toIncoming,
  owners: ({ organizationId, userId }) => [organizationId, userId],
  constants: () => ({}),
  identifiers: () => [],
  fallbackValues: (_, __, value) => (value === undefined ? [undefined] : [value, undefined]),
  isPlaceholder: () => false,
  canVary: () => false,
}

function toIncoming(
  target: Target,
  json: ClerkOrganizationMembershipJSON,
  rules: ResolvedRules,
  context: WriteContext,
): Incoming {
  const { paths } = target
  const pair = membershipPair(json) as MembershipPair
  const mapped = mappedFields(target, membership.map(rules, json)).values
  return {
    clerkId: json.id,
    owners: [pair.organizationId, pair.userId],
    at: new Date(resourceVersion(json, context.eventAt)),
    fromApi: context.fromApi ?? false,
    values: new Map([[paths.organizationId, pair.organizationId], [paths.userId, pair.userId], ...mapped]),
    uncompared: new Set(),
    onInsert: new Map(),
    notes: [],
    claim: () => 'equal',
    strongerClaims: () => [],
    locals: undefined,
    async fetch(clerkId) {
      // Clerk finds a membership by its pair alone. Of another pair, nothing is known here.
      if (clerkId !== json.id) return undefined
      const current = await context.fetchMembership?.(pair, context.deadline)
      if (!current) return current
      return current.id === clerkId ? toIncoming(target, current, rules, asFetched(context)) : null
    },
  }
}
