import type { ClerkOrganizationJSON } from '../../events/organization'
import { mapClerkOrganization, sampleOrganizations, twinOrganization } from '../../map/map-clerk-organization'
import { callMap, clerkJSON, resourceVersion } from '../../map/map-clerk-user'
import { placeholderSlug, suffixed } from '../../map/placeholder'
import type { MapOrganization, WriteContext } from '../../store/write'
import { mappedFields } from '../schema/fields'
import type { Entity, ResolvedRules } from '../target/entity'
import type { Incoming } from '../target/incoming'
import { organizationProfile } from '../target/owned-paths'
import { organizationNames } from '../target/paths'
import { asFetched, canonical, type Target } from '../target/target'
import { splitByOwner } from '../write/push-extension'

/** What is particular about organizations: a slug that moves from one to another, like a username. */
export const organization: Entity = {
  name: 'organization',
  eventName: 'organization',
  idPrefix: 'org_',
  names: organizationNames,
  profileNames: ['name', 'slug', 'imageUrl', 'createdBy'],
  lookAlikes: [],
  pushable: {
    metadata: ['publicMetadata', 'privateMetadata'],
    profile: organizationProfile,
    hasExternalId: false,
    // A member or an invitation more changes the counts.
    silentFields: [
      ...['updated_at', 'last_active_at', 'members_count', 'pending_invitations_count'],
      'missing_member_with_elevated_permissions',
    ],
  },
  mapOption: 'mapOrganization',
  defaultMap: mapClerkOrganization,
  samples: sampleOrganizations,
  twinOf: (sample, mark) => twinOrganization(sample as ClerkOrganizationJSON, mark),
  read: (input) => clerkJSON(input, 'organization'),
  map: ({ map }, json) =>
    callMap('mapOrganization', map as MapOrganization, json as ClerkOrganizationJSON, mapClerkOrganization),
  mapOf: ({ mapOrganization }) => mapOrganization,
  toIncoming,
  owners: () => [],
  constants: () => ({}),
  identifiers: ({ slug }) => [slug],
  fallbackValues({ slug }, path, value, clerkId, needed) {
    if (path !== slug) return value === undefined ? [undefined] : [value, undefined]
    const own = typeof value === 'string' ? [value, suffixed(value, '-', clerkId)] : []
    return [...own, needed ? placeholderSlug(clerkId) : undefined]
  },
  isPlaceholder: ({ slug }, path, value, clerkId) => path === slug && value === placeholderSlug(clerkId),
  canVary: ({ slug }, path) => path === slug,
}

function toIncoming(
  target: Target,
  json: ClerkOrganizationJSON,
  rules: ResolvedRules,
  context: WriteContext,
): Incoming {
  const { values, onInsert } = splitByOwner(target, json, valuesOf(target, rules, json))
  return {
    clerkId: json.id,
    owners: [],
    at: new Date(resourceVersion(json, context.eventAt)),
    fromApi: context.fromApi ?? false,
    values,
    // Only a comparison needs it, and it calls the app's map again.
    get uncompared() {
      return dependentOnMembers(target, rules, json, values)
    },
    onInsert,
    notes: [],
    claim: () => 'equal',
    strongerClaims: () => [],
    locals: undefined,
    async fetch(clerkId) {
      const current = await context.fetchOrganization?.(clerkId, context.deadline)
      return current && toIncoming(target, current, rules, asFetched(context))
    },
  }
}

const valuesOf = (target: Target, rules: ResolvedRules, json: ClerkOrganizationJSON) =>
  mappedFields(target, organization.map(rules, json)).values

/** The paths that the app's map fills from `members_count`, which changes without a new version. */
function dependentOnMembers(
  target: Target,
  rules: ResolvedRules,
  json: ClerkOrganizationJSON,
  values: ReadonlyMap<string, unknown>,
): ReadonlySet<string> {
  if (rules.map === mapClerkOrganization) return new Set()
  const other = valuesOf(target, rules, { ...json, members_count: Number(json.members_count ?? 0) + 1 })
  const dependent = [...values].filter(([path, value]) => canonical(value) !== canonical(other.get(path)))
  return new Set(dependent.map(([path]) => path))
}
