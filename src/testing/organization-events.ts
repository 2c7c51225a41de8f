import type { ClerkEvent } from '../events/events'
import type { ClerkOrganizationDomainJSON, ClerkOrganizationJSON } from '../events/organization'
import { changed, eventOf } from './envelope'
import { newId, newName } from './user-parts'

/** Creates an organization as in Clerk's webhooks and Backend API. Id, name and slug are new at each call. */
export function organization(overrides: Partial<ClerkOrganizationJSON> = {}): ClerkOrganizationJSON {
  const now = Date.now()
  const slug = newName('engines')
  return structuredClone({
    id: newId('org'),
    object: 'organization',
    name: slug.replace('e', 'E'),
    slug,
    image_url: 'https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCJ9',
    has_image: false,
    members_count: 1,
    missing_member_with_elevated_permissions: false,
    pending_invitations_count: 0,
    max_allowed_memberships: 5,
    admin_delete_enabled: true,
    public_metadata: {},
    private_metadata: {},
    created_by: newId('user'),
    created_at: now,
    updated_at: now,
    ...overrides,
  })
}

/** Creates an `organization.created` event for a new organization, or for the given one. */
export function organizationCreated(data: ClerkOrganizationJSON = organization()): ClerkEvent<'organization.created'> {
  return eventOf('organization.created', data)
}

/** Creates an `organization.updated` event with these changes, one second newer than the given organization. */
export function organizationUpdated(
  from: ClerkOrganizationJSON = organization(),
  changes: Partial<ClerkOrganizationJSON> = {},
): ClerkEvent<'organization.updated'> {
  return eventOf('organization.updated', changed(from, changes))
}

/** Creates an `organization.deleted` event, which contains only the id and the slug. */
export function organizationDeleted(
  of: Pick<ClerkOrganizationJSON, 'id' | 'slug'> = organization(),
): ClerkEvent<'organization.deleted'> {
  const { id, slug } = of
  return eventOf('organization.deleted', { id, object: 'organization', ...(slug && { slug }), deleted: true })
}

/** Creates an `organizationDomain.created` event. */
export function organizationDomainCreated(
  overrides: Partial<ClerkOrganizationDomainJSON> = {},
): ClerkEvent<'organizationDomain.created'> {
  const now = Date.now()
  return eventOf('organizationDomain.created', {
    id: newId('orgdmn'),
    object: 'organization_domain',
    organization_id: newId('org'),
    name: `${newName('engines')}.example`,
    enrollment_mode: 'manual_invitation',
    affiliation_email_address: null,
    affiliation_verification: null,
    ownership_verification: null,
    verification: null,
    total_pending_invitations: 0,
    total_pending_suggestions: 0,
    created_at: now,
    updated_at: now,
    ...overrides,
  })
}

/** Creates an `organizationDomain.updated` event with these changes, one second newer than the given domain. */
export function organizationDomainUpdated(
  from: ClerkOrganizationDomainJSON = organizationDomainCreated().data,
  changes: Partial<ClerkOrganizationDomainJSON> = { enrollment_mode: 'automatic_invitation' },
): ClerkEvent<'organizationDomain.updated'> {
  return eventOf('organizationDomain.updated', changed(from, changes))
}

/** Creates an `organizationDomain.deleted` event, which contains only the id. */
export function organizationDomainDeleted(
  of: { id: string } = organizationDomainCreated().data,
): ClerkEvent<'organizationDomain.deleted'> {
  return eventOf('organizationDomain.deleted', { id: of.id, object: 'organization_domain', deleted: true })
}
