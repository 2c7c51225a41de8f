import type { FakeMembership, Memberships } from './memberships'
import type { MetadataFields } from './metadata'
import type { FakeOrganization, Organizations } from './organizations'
import { dissolveOrganization, foundOrganization } from './tenancy'
import type { DeletedJSON } from './users'

/** Parameters of a new organization, as in `POST /organizations`. */
export interface NewOrganization extends Pick<MetadataFields, 'public_metadata' | 'private_metadata'> {
  name: string
  slug?: string
  /** Id of a user, who becomes its admin. */
  created_by?: string
  /** 0 means no limit. @default 0 */
  max_allowed_memberships?: number
}

/**
 * Changes of an organization, as in `PATCH /organizations/{organization_id}`, and metadata, replaced field by field.
 */
export type OrganizationChanges = Partial<Omit<NewOrganization, 'created_by'>>

/**
 * The organizations, like a `Map` by id, with the changes that Clerk's dashboard can make to them and their members.
 */
export class FakeOrganizations implements Iterable<[string, FakeOrganization]> {
  readonly #organizations: Organizations
  readonly #memberships: Memberships

  constructor(organizations: Organizations, memberships: Memberships) {
    this.#organizations = organizations
    this.#memberships = memberships
  }

  get size(): number {
    return this.#organizations.all.size
  }

  get(id: string): FakeOrganization | undefined {
    return this.#organizations.all.get(id)
  }

  has(id: string): boolean {
    return this.#organizations.all.has(id)
  }

  values(): IterableIterator<FakeOrganization> {
    return this.#organizations.all.values()
  }

  [Symbol.iterator](): Iterator<[string, FakeOrganization]> {
    return this.#organizations.all.entries()
  }

  /** Creates an organization. Sends `organization.created`. */
  create(fields: NewOrganization): FakeOrganization {
    return foundOrganization(this.#organizations, this.#memberships, { ...fields })
  }

  /** Changes an organization. Sends `organization.updated`. */
  update(id: string, changes: OrganizationChanges): FakeOrganization {
    return this.#organizations.update(id, { ...changes }, true)
  }

  /** Merges metadata, as `PATCH /organizations/{organization_id}/metadata`. Sends `organization.updated`. */
  mergeMetadata(id: string, metadata: Pick<MetadataFields, 'public_metadata' | 'private_metadata'>): FakeOrganization {
    return this.#organizations.mergeMetadata(id, { ...metadata })
  }

  /** Switches slugs on or off, like the instance's setting. If off, a request with a slug is refused with 403. */
  allowSlugs(isAllowed: boolean): void {
    this.#organizations.hasSlugs = isAllowed
  }

  /** Deletes an organization with its memberships. Sends `organization.deleted`. */
  delete(id: string): DeletedJSON {
    return dissolveOrganization(this.#organizations, this.#memberships, id)
  }

  /** Memberships of an organization, newest first. */
  members(id: string): FakeMembership[] {
    return this.#memberships.list({ organizationId: id })
  }

  /** Adds a user to an organization. Sends `organizationMembership.created`. @param role @default 'org:member' */
  addMember(id: string, userId: string, role = 'org:member'): FakeMembership {
    return this.#memberships.create(id, { user_id: userId, role })
  }

  /** Changes a member's role. Sends `organizationMembership.updated`. */
  changeRole(id: string, userId: string, role: string): FakeMembership {
    return this.#memberships.update(id, userId, { role })
  }

  /** Removes a member. Sends `organizationMembership.deleted`. */
  removeMember(id: string, userId: string): FakeMembership {
    return this.#memberships.delete(id, userId)
  }
}
