import type { Metadata } from './metadata'
import { Places } from './places'

/** The stored fields of a membership. The others come from its user and organization. */
export interface StoredMembership {
  readonly id: string
  readonly userId: string
  readonly organizationId: string
  readonly role: string
  readonly public_metadata: Metadata
  readonly private_metadata: Metadata
  readonly created_at: number
  readonly updated_at: number
}

/** Whose memberships: those of an organization, of a user, of both, or all. */
export interface Whose {
  organizationId?: string
  userId?: string
}

/** The memberships, by organization, by user and in order of creation. They are replaced, never modified. */
export class MembershipStore {
  readonly #all = new Map<string, StoredMembership>()
  readonly #places = new Places()
  /** By organization, then by user. */
  readonly #ofOrganization = new Map<string, Map<string, StoredMembership>>()
  /** By user, then by organization. */
  readonly #ofUser = new Map<string, Map<string, StoredMembership>>()

  all(): IterableIterator<StoredMembership> {
    return this.#all.values()
  }

  get(organizationId: string, userId: string): StoredMembership | undefined {
    return this.#ofOrganization.get(organizationId)?.get(userId)
  }

  /** Number of members of an organization. */
  count(organizationId: string): number {
    return this.#ofOrganization.get(organizationId)?.size ?? 0
  }

  /** Those of an organization, of a user, of both, or all; oldest first. */
  inOrder({ organizationId, userId }: Whose = {}): StoredMembership[] {
    if (organizationId === undefined && userId === undefined)
      return this.#places.inOrder().map(({ id }) => this.#all.get(id) as StoredMembership)
    const ofOrganization = this.#ofOrganization.get(organizationId ?? '')
    const found = organizationId === undefined ? this.#ofUser.get(userId ?? '') : ofOrganization
    return [...(found?.values() ?? [])]
      .filter((one) => userId === undefined || one.userId === userId)
      .sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1))
  }

  /** Adds a membership, or the next state of one. */
  put(membership: StoredMembership): void {
    const { id, organizationId, userId } = membership
    if (!this.#all.has(id)) this.#places.add(membership)
    this.#all.set(id, membership)
    inner(this.#ofOrganization, organizationId).set(userId, membership)
    inner(this.#ofUser, userId).set(organizationId, membership)
  }

  remove(membership: StoredMembership): void {
    const { id, organizationId, userId } = membership
    this.#all.delete(id)
    this.#places.remove(membership)
    this.#ofOrganization.get(organizationId)?.delete(userId)
    this.#ofUser.get(userId)?.delete(organizationId)
  }
}

/** The map of a key, made when it is first needed. */
function inner<T>(maps: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const found = maps.get(key) ?? new Map<string, T>()
  maps.set(key, found)
  return found
}
