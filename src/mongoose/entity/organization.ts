import type { ClerkOrganizationJSON } from '../../events/organization'
import { mapClerkOrganization, sampleOrganizations, twinOrganization } from '../../map/map-clerk-organization'
import { callMap, clerkJSON, resourceVersion } from '../../map/map-clerk-user'
import { suffixed } from '../../map/placeholder'
import type { MapOrganization, WriteContext } from '../../store/write'
import { mappedFields } from '../schema/fields'
import type { Entity, ResolvedRules } from '../target/entity'
import type { Incoming } from '../target/incoming'
import { organizationNames } from '../target/paths'
import { asFetched, type Target } from '../target/target'

/** Slug of an organization without one, if the schema requires it. */
const placeholderSlug = (clerkId: string): string => clerkId.replace(/^org_/, 'org-').toLowerCase()

/** What is particular about organizations: a slug that moves from one to another, like a username. */
export const organization: Entity = {
  name: 'organization',
  eventName: 'organization',
  idPrefix: 'org_',
  names: organizationNames,
  profileNames: ['name', 'slug', 'imageUrl', 'createdBy'],
  lookAlikes: [],
  mapOption: 'mapOrganization',
  defaultMap: mapClerkOrganization,
  samples: sampleOrganizations,
  twinOf: (sample, mark) => twinOrganization(sample as ClerkOrganizationJSON, mark),
  read: (input) => clerkJSON(input, 'organization'),
  map: ({ map }, json) =>
    callMap('mapOrganization', map as MapOrganization, json as ClerkOrganizationJSON, mapClerkOrganization),
  mapOf: ({ mapOrganization }) => mapOrganization,
  toIncoming,
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
  return {
    clerkId: json.id,
    at: new Date(resourceVersion(json, context.eventAt)),
    fromApi: context.fromApi ?? false,
    values: mappedFields(target, organization.map(rules, json)).values,
    onInsert: new Map(),
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
