import type { ClerkOrganizationJSON } from '../../events/organization'
import { badRequest, forbidden, formError, identifierExists, invalidFormat, invalidValue, notFound } from './api-error'
import { type Body, checkBody, type Kind, textOf, timeOf } from './body'
import { newClerkId } from './clerk-id'
import type { SendEvent } from './event-log'
import { checkMetadataSize, type Metadata, type MetadataFields, mergedFields } from './metadata'
import { Places } from './places'
import { type DeletedJSON, nextVersion, type Users } from './users'

/** An organization of the fake Clerk: the JSON of Clerk's API. Do not modify it. */
export interface FakeOrganization extends ClerkOrganizationJSON {
  readonly object: 'organization'
  readonly name: string
  readonly slug: string
  readonly max_allowed_memberships: number
  readonly public_metadata: Metadata
  readonly private_metadata: Metadata
  readonly created_at: number
  readonly updated_at: number
}

const metadataKinds: Record<string, Kind> = { public_metadata: 'metadata', private_metadata: 'metadata' }

const updateKinds: Record<string, Kind> = {
  name: 'string',
  slug: 'string',
  max_allowed_memberships: 'integer',
  admin_delete_enabled: 'boolean',
  created_at: 'time',
  role_set_key: 'string',
}

/** Creates, changes and deletes organizations. Each change sends its event. */
export class Organizations {
  readonly #all = new Map<string, FakeOrganization>()
  readonly #slugs = new Map<string, string>()
  readonly #places = new Places()
  /** Whether requests may contain slugs. */
  hasSlugs = true
  readonly #users: Users
  readonly #sendEvent: SendEvent
  /** Number of members of an organization. */
  countMembers: (id: string) => number = () => 0

  constructor(users: Users, sendEvent: SendEvent) {
    this.#users = users
    this.#sendEvent = sendEvent
  }

  /** All organizations by id. */
  get all(): ReadonlyMap<string, FakeOrganization> {
    return this.#all
  }

  /** All organizations, oldest first. */
  inOrder(): FakeOrganization[] {
    return this.#places.inOrder().map(({ id }) => this.#all.get(id) as FakeOrganization)
  }

  /** Adds an organization, or the next state of one, without an event. */
  put(organization: FakeOrganization): void {
    const before = this.#all.get(organization.id)
    if (before) this.#slugs.delete(before.slug)
    this.#slugs.set(organization.slug, organization.id)
    if (before?.created_at !== organization.created_at) {
      if (before) this.#places.remove(before)
      this.#places.add(organization)
    }
    this.#all.set(organization.id, organization)
  }

  /** A new organization that is not stored yet, with a slug of its own. @param at Creation time in milliseconds. */
  draft(name: string, at: number): FakeOrganization {
    return bareOrganization(name, this.#freeSlug(name), at)
  }

  /** Finds an organization by id or slug. @throws {FakeClerkError} 404. */
  get(idOrSlug: string): FakeOrganization {
    const found = this.#all.get(idOrSlug) ?? this.#withSlug(idOrSlug)
    if (!found) throw notFound('organization', idOrSlug)
    return found
  }

  create(body: Body): FakeOrganization {
    const kinds: Record<string, Kind> = { ...updateKinds, ...metadataKinds, created_by: 'string' }
    checkBody(body, kinds, ['name'])
    const creator = textOf(body.created_by)
    if (creator !== undefined) this.#checkCreator(creator)
    const now = Date.now()
    const at = timeOf(body.created_at) ?? now
    const name = String(body.name)
    const organization: FakeOrganization = {
      ...this.draft(name, at),
      ...(creator !== undefined && { created_by: creator }),
      ...this.#fieldsOf(body, undefined),
      ...givenMetadata(body),
      updated_at: now,
    }
    checkMetadataSize(organization)
    this.put(organization)
    // As in Clerk's example, its creator is counted already.
    this.#sendEvent('organization.created', { ...organization, members_count: creator === undefined ? 0 : 1 }, now)
    return organization
  }

  update(id: string, body: Body, takesMetadata = false): FakeOrganization {
    const organization = this.get(id)
    checkBody(body, takesMetadata ? { ...updateKinds, ...metadataKinds } : updateKinds)
    return this.#change(organization, { ...this.#fieldsOf(body, organization.id), ...givenMetadata(body) })
  }

  mergeMetadata(id: string, body: Body): FakeOrganization {
    checkBody(body, metadataKinds)
    const organization = this.get(id)
    return this.#change(organization, mergedFields(organization, givenMetadata(body)))
  }

  replaceMetadata(id: string, body: Body): FakeOrganization {
    checkBody(body, metadataKinds)
    return this.#change(this.get(id), givenMetadata(body))
  }

  /** The JSON of an organization inside events, with the number of its members. */
  counted(organization: FakeOrganization): FakeOrganization {
    return { ...organization, members_count: this.countMembers(organization.id) }
  }

  /** Gives an organization a new version, without an event. */
  touch(organization: FakeOrganization): FakeOrganization {
    const changed = { ...organization, updated_at: nextVersion(organization) }
    this.put(changed)
    return changed
  }

  /** Sends `organization.updated`. */
  sendUpdated(organization: FakeOrganization): void {
    this.#sendEvent('organization.updated', this.counted(organization), organization.updated_at)
  }

  delete(idOrSlug: string): DeletedJSON {
    const organization = this.get(idOrSlug)
    const { id, slug } = organization
    this.#all.delete(id)
    this.#slugs.delete(slug)
    this.#places.remove(organization)
    const deleted = { object: 'organization', id, slug, deleted: true as const }
    this.#sendEvent('organization.deleted', deleted, nextVersion(organization))
    return deleted
  }

  #change(organization: FakeOrganization, changes: Partial<FakeOrganization>): FakeOrganization {
    const changed = { ...organization, ...changes, updated_at: nextVersion(organization) }
    checkMetadataSize(changed)
    this.put(changed)
    this.sendUpdated(changed)
    return changed
  }

  /** Parameters that become fields unchanged. */
  #fieldsOf(body: Body, ownId: string | undefined): Partial<FakeOrganization> {
    const { name, slug, max_allowed_memberships, admin_delete_enabled, role_set_key } = body
    if (typeof name === 'string') checkName(name)
    if (typeof slug === 'string') {
      if (!this.hasSlugs) {
        throw forbidden('organization_slugs_disabled', 'slugs disabled', 'Organization slugs are disabled.')
      }
      if (!/^[a-z0-9-]+$/.test(slug)) throw invalidFormat('slug', 'slug of lower-case letters, digits and dashes')
      const holder = this.#withSlug(slug)
      if (holder && holder.id !== ownId) throw identifierExists('slug', 'slug')
    }
    const at = timeOf(body.created_at)
    const fields = { name, slug, max_allowed_memberships, admin_delete_enabled, role_set_key, created_at: at }
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))
  }

  #checkCreator(id: string): void {
    if (this.#users.has(id)) return
    throw badRequest('organization_creator_not_found', 'creator not found', `No users found with id ${id}.`)
  }

  #withSlug(slug: string): FakeOrganization | undefined {
    return this.#all.get(this.#slugs.get(slug) ?? '')
  }

  #freeSlug(name: string): string {
    const slug =
      name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'organization'
    let free = slug
    for (let n = 2; this.#withSlug(free); n += 1) free = `${slug}-${n}`
    return free
  }
}

/** @see https://clerk.com/docs/reference/backend-api/tag/organizations/patch/organizations/{organization_id} */
function checkName(name: string): void {
  if (name.trim() === '') throw formError('form_param_nil', 'name', 'is missing', 'Enter name.')
  if (name.length > 256) {
    throw formError(
      'form_param_max_length_exceeded',
      'name',
      'exceeds maximum length',
      'Name should not exceed 256 characters.',
    )
  }
  if (/https?:\/\/|www\.|<[a-z!/]/i.test(name)) throw invalidValue('name', 'name may not contain URLs or HTML.')
}

function bareOrganization(name: string, slug: string, at: number): FakeOrganization {
  return {
    id: newClerkId('org', at),
    object: 'organization',
    name,
    slug,
    image_url: 'https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCJ9',
    has_image: false,
    // No limit.
    max_allowed_memberships: 0,
    admin_delete_enabled: true,
    public_metadata: {},
    private_metadata: {},
    created_at: at,
    updated_at: at,
  }
}

function givenMetadata(body: Body): MetadataFields {
  const names = Object.keys(metadataKinds).filter((name) => body[name] !== undefined)
  return Object.fromEntries(names.map((name) => [name, body[name]]))
}
