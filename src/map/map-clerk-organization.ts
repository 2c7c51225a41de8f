import type { ClerkOrganizationJSON } from '../events/organization'
import { text } from './map-clerk-user'

/** The fields of an organization stored by default. `undefined`: Clerk has none. */
export interface MappedOrganization {
  name: string | undefined
  slug: string | undefined
  imageUrl: string | undefined
  /** Clerk's id of the user who created it. */
  createdBy: string | undefined
  [path: string]: unknown
}

/**
 * Maps Clerk's organization to the fields stored by default. Extend its result in your own `mapOrganization`. Does not
 * contain `members_count`, which changes without a new version: count the memberships instead.
 *
 * @example
 * createClerkSync({
 *   users: User,
 *   organizations: Organization,
 *   mapOrganization: (organization) => ({ ...mapClerkOrganization(organization), plan: organization.public_metadata?.plan }),
 * })
 */
export function mapClerkOrganization(organization: ClerkOrganizationJSON): MappedOrganization {
  return {
    name: text(organization.name),
    slug: text(organization.slug),
    imageUrl: text(organization.image_url),
    createdBy: text(organization.created_by),
  }
}

/**
 * Organizations on which `mapOrganization` is tried at start-up: one with every field, and one of an instance without
 * slugs.
 */
export const sampleOrganizations: readonly [full: ClerkOrganizationJSON, sparse: ClerkOrganizationJSON] = [
  {
    id: 'org_2sampleFullOrg000000000001',
    name: 'Sample',
    slug: 'sample',
    image_url: 'https://img.clerk.com/sample',
    has_image: true,
    max_allowed_memberships: 5,
    admin_delete_enabled: true,
    public_metadata: {},
    private_metadata: {},
    created_by: 'user_2sampleFullUser00000000001',
    created_at: 1_700_000_000_000,
    updated_at: 1_700_000_000_000,
  },
  {
    id: 'org_2sampleBareOrg000000000002',
    name: 'Sample',
    has_image: false,
    public_metadata: {},
    created_at: 1_700_000_000_000,
    updated_at: 1_700_000_000_000,
  },
]

/**
 * Returns a similar organization that differs in all values unique to one.
 * @param mark Letters and digits that distinguish the copies.
 */
export function twinOrganization(organization: ClerkOrganizationJSON, mark: string): ClerkOrganizationJSON {
  return {
    ...organization,
    id: `${organization.id.slice(0, -mark.length)}${mark}`,
    name: `Sample ${mark}`,
    ...(organization.slug && { slug: `sample-${mark}` }),
  }
}
