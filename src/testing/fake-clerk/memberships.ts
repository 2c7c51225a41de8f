import type { ClerkOrganizationMembershipJSON } from '../../events/membership'
import { badRequest, FakeClerkError, forbidden, notFound } from './api-error'
import { type Body, checkBody, type Kind, textOf } from './body'
import { newClerkId } from './clerk-id'
import type { SendEvent } from './event-log'
import type { FakeUser } from './fake-user'
import { MembershipStore, type StoredMembership, type Whose } from './membership-store'
import { checkMetadataSize, isMetadata, type MetadataFields, mergedFields } from './metadata'
import type { FakeOrganization, Organizations } from './organizations'
import type { TenancyOptions } from './tenancy-options'
import { nextVersion, type Users } from './users'

/** A membership of the fake Clerk: the JSON of Clerk's API, with the current user and organization. */
export interface FakeMembership extends ClerkOrganizationMembershipJSON {
  readonly organization: FakeOrganization
  readonly created_at: number
  readonly updated_at: number
}

const metadataKinds: Record<string, Kind> = { public_metadata: 'metadata', private_metadata: 'metadata' }

/** Creates, changes and deletes memberships. Each change sends its event. */
export class Memberships {
  readonly #store = new MembershipStore()
  readonly #users: Users
  readonly #organizations: Organizations
  readonly #sendEvent: SendEvent
  readonly #options: Required<TenancyOptions>

  constructor(users: Users, organizations: Organizations, sendEvent: SendEvent, options: TenancyOptions = {}) {
    this.#users = users
    this.#organizations = organizations
    this.#sendEvent = sendEvent
    const { membershipsOfDeleted = 'silent', memberChanges = 'count' } = options
    this.#options = { membershipsOfDeleted, memberChanges }
    organizations.countMembers = (id) => this.count(id)
  }

  has(userId: string, organizationId: string): boolean {
    return this.#store.get(organizationId, userId) !== undefined
  }

  /** All memberships as stored. */
  stored(): StoredMembership[] {
    return [...this.#store.all()]
  }

  /** Adds a stored membership without an event. @throws {Error} if its user or organization is missing. */
  restore(membership: StoredMembership): void {
    const { id, userId, organizationId } = membership
    if (!this.#users.has(userId)) throw new Error(`membership ${id}: there is no user ${userId}`)
    if (!this.#organizations.all.has(organizationId))
      throw new Error(`membership ${id}: there is no organization ${organizationId}`)
    this.#store.put(membership)
  }

  /** Sends `organizationMembership.created` for a stored membership. */
  sendCreated(membership: StoredMembership): void {
    this.#sent('organizationMembership.created', membership, membership.created_at)
  }

  /** Memberships as the API returns them, newest first. */
  list(of: Whose = {}): FakeMembership[] {
    return this.inOrder(of)
      .map((one) => this.json(one))
      .reverse()
  }

  /** Stored memberships, oldest first. */
  inOrder(of: Whose = {}): StoredMembership[] {
    return this.#store.inOrder(of)
  }

  count(organizationId: string): number {
    return this.#store.count(organizationId)
  }

  create(idOrSlug: string, body: Body): FakeMembership {
    checkBody(body, { ...metadataKinds, user_id: 'string', role: 'string' }, ['user_id', 'role'])
    const organization = this.#organizations.get(idOrSlug)
    const userId = this.#users.get(String(body.user_id)).id
    const now = Date.now()
    const membership: StoredMembership = {
      id: newClerkId('orgmem', now),
      userId,
      organizationId: organization.id,
      role: knownRole(body),
      public_metadata: isMetadata(body.public_metadata) ? body.public_metadata : {},
      private_metadata: isMetadata(body.private_metadata) ? body.private_metadata : {},
      created_at: now,
      updated_at: now,
    }
    this.#checkRoom(organization, userId)
    checkMetadataSize(membership)
    this.#store.put(membership)
    return this.#sentWithMemberChange('organizationMembership.created', membership, now)
  }

  update(idOrSlug: string, userId: string, body: Body): FakeMembership {
    checkBody(body, { role: 'string' }, ['role'])
    return this.#change(this.#find(idOrSlug, userId), { role: knownRole(body) })
  }

  mergeMetadata(idOrSlug: string, userId: string, body: Body): FakeMembership {
    checkBody(body, metadataKinds)
    const membership = this.#find(idOrSlug, userId)
    return this.#change(membership, mergedFields(membership, body as MetadataFields))
  }

  delete(idOrSlug: string, userId: string): FakeMembership {
    const membership = this.#find(idOrSlug, userId)
    this.#store.remove(membership)
    return this.#sentWithMemberChange('organizationMembership.deleted', membership, nextVersion(membership))
  }

  /** Removes the memberships of a user that is being deleted. Its organizations lose a member. */
  removeOfUser(userId: string): void {
    for (const membership of this.inOrder({ userId })) {
      this.#store.remove(membership)
      this.#organizationsChange(membership.organizationId, () => this.#sendDeletion(membership))
    }
  }

  /** Removes the memberships of an organization that is being deleted. */
  removeOfOrganization(organizationId: string): void {
    for (const membership of this.inOrder({ organizationId })) {
      this.#store.remove(membership)
      this.#sendDeletion(membership)
    }
  }

  /** A membership as the API returns it. */
  json({ userId, organizationId, role, ...membership }: StoredMembership): FakeMembership {
    return {
      object: 'organization_membership',
      ...membership,
      role,
      role_name: role === 'org:admin' ? 'Admin' : 'Member',
      permissions: role === 'org:admin' ? adminPermissions : memberPermissions,
      organization: this.#organizations.get(organizationId),
      public_user_data: publicData(this.#users.get(userId)),
    }
  }

  /** Changes the version of an organization that gained or lost a member, if it does. @param send Sends what comes first. */
  #organizationsChange<T>(organizationId: string, send: () => T): T {
    const { memberChanges } = this.#options
    if (memberChanges !== 'count') this.#organizations.touch(this.#organizations.get(organizationId))
    const sent = send()
    if (memberChanges === 'event') this.#organizations.sendUpdated(this.#organizations.get(organizationId))
    return sent
  }

  #sentWithMemberChange(type: string, membership: StoredMembership, at: number): FakeMembership {
    return this.#organizationsChange(membership.organizationId, () => this.#sent(type, membership, at))
  }

  #sendDeletion(membership: StoredMembership): void {
    if (this.#options.membershipsOfDeleted === 'silent') return
    this.#sent('organizationMembership.deleted', membership, nextVersion(membership))
  }

  #change(membership: StoredMembership, changes: Partial<StoredMembership>): FakeMembership {
    const changed = { ...membership, ...changes, updated_at: nextVersion(membership) }
    checkMetadataSize(changed)
    this.#store.put(changed)
    return this.#sent('organizationMembership.updated', changed, changed.updated_at)
  }

  #sent(type: string, membership: StoredMembership, at: number): FakeMembership {
    const json = this.json(membership)
    this.#sendEvent(type, { ...json, organization: this.#organizations.counted(json.organization) }, at)
    return json
  }

  #find(idOrSlug: string, userId: string): StoredMembership {
    const organization = this.#organizations.get(idOrSlug)
    const found = this.#store.get(organization.id, userId)
    if (!found) throw notFound('organization membership', userId)
    return found
  }

  #checkRoom({ id, max_allowed_memberships: max }: FakeOrganization, userId: string): void {
    if (this.has(userId, id)) {
      const message = `User ${userId} is already a member of the organization.`
      throw badRequest('already_a_member_in_organization', 'already a member', message)
    }
    if (max > 0 && this.count(id) >= max) {
      const message = `You have reached your limit of ${max} organization memberships.`
      throw forbidden('organization_membership_quota_exceeded', 'organization membership quota exceeded', message)
    }
  }
}

const memberPermissions = ['org:sys_memberships:read', 'org:sys_billing:read']
const adminPermissions = [
  ...memberPermissions,
  'org:sys_profile:manage',
  'org:sys_profile:delete',
  'org:sys_memberships:manage',
  'org:sys_domains:read',
  'org:sys_domains:manage',
  'org:sys_billing:manage',
]

function publicData(user: FakeUser) {
  const primary = user.email_addresses.find(({ id }) => id === user.primary_email_address_id)
  const identifier = primary?.email_address ?? user.username ?? user.phone_numbers[0]?.phone_number ?? null
  const { first_name, last_name, image_url, has_image, username, banned } = user
  const names = { first_name, last_name, username, identifier }
  return { user_id: user.id, ...names, image_url, profile_image_url: image_url, has_image, banned }
}

/** Accepts Clerk's two roles, and any that an instance might define. */
function knownRole(body: Body): string {
  const role = textOf(body.role) ?? ''
  if (/^org:[a-z0-9_]+$/.test(role)) return role
  const message = 'Organization role not found'
  throw new FakeClerkError(404, {
    message: 'not found',
    long_message: message,
    code: 'resource_not_found',
    meta: { param_name: 'role' },
  })
}
