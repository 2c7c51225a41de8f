import type { ClerkEvent } from '../events/events'
import type { ClerkOrganizationInvitationJSON, ClerkWaitlistEntryJSON } from '../events/invitation'
import { changed, eventOf } from './envelope'
import { newAddress, newId } from './user-parts'

/** Creates an `organizationInvitation.created` event. */
export function organizationInvitationCreated(
  overrides: Partial<ClerkOrganizationInvitationJSON> = {},
): ClerkEvent<'organizationInvitation.created'> {
  const now = Date.now()
  const { organization_id = newId('org') } = overrides
  const public_organization_data = { id: organization_id, name: 'Engines', slug: 'engines', has_image: false }
  return eventOf('organizationInvitation.created', {
    id: newId('orginv'),
    object: 'organization_invitation',
    email_address: newAddress(),
    role: 'org:member',
    role_name: 'Member',
    organization_id,
    data: { public_organization_data },
    inviter_id: null,
    public_inviter_data: null,
    status: 'pending',
    public_metadata: {},
    private_metadata: {},
    url: 'https://accounts.example.com/accept-invitation?token=invented',
    expires_at: now + 30 * 86_400_000,
    created_at: now,
    updated_at: now,
    ...overrides,
  })
}

/** Creates an `organizationInvitation.accepted` event for a new invitation, or for the given one. */
export function organizationInvitationAccepted(
  of: ClerkOrganizationInvitationJSON = organizationInvitationCreated().data,
  by = { id: newId('user') },
): ClerkEvent<'organizationInvitation.accepted'> {
  const data = { ...changed(of, { status: 'accepted' }), user_id: by.id }
  return eventOf('organizationInvitation.accepted', data)
}

/** Creates an `organizationInvitation.revoked` event for a new invitation, or for the given one. */
export function organizationInvitationRevoked(
  of: ClerkOrganizationInvitationJSON = organizationInvitationCreated().data,
): ClerkEvent<'organizationInvitation.revoked'> {
  return eventOf('organizationInvitation.revoked', changed(of, { status: 'revoked' }))
}

/** Creates a `waitlistEntry.created` event. */
export function waitlistEntryCreated(
  overrides: Partial<ClerkWaitlistEntryJSON> = {},
): ClerkEvent<'waitlistEntry.created'> {
  const now = Date.now()
  return eventOf('waitlistEntry.created', {
    id: newId('wle'),
    object: 'waitlist_entry',
    email_address: newAddress(),
    status: 'pending',
    is_locked: false,
    invitation: null,
    created_at: now,
    updated_at: now,
    ...overrides,
  })
}

/** Creates a `waitlistEntry.updated` event with these changes, one second newer than the given entry. */
export function waitlistEntryUpdated(
  from: ClerkWaitlistEntryJSON = waitlistEntryCreated().data,
  changes: Partial<ClerkWaitlistEntryJSON> = { status: 'rejected' },
): ClerkEvent<'waitlistEntry.updated'> {
  return eventOf('waitlistEntry.updated', changed(from, changes))
}
