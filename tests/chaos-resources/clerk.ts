import type {
  ClerkOrganizationJSON,
  ClerkOrganizationMembershipJSON,
  ClerkUserJSON,
  ClerkWebhookEvent,
} from 'clerk-mongo-sync'
import type { TenancyOptions } from 'clerk-mongo-sync/testing'
import { type ClerkMessage, type Action as UserAction, Clerk as UsersAtClerk } from '../chaos/clerk'

/** A change at Clerk. Numbers are taken modulo the users, organizations, members and values at that time. */
export type Action =
  | UserAction
  | { do: 'found'; who: number; name: number; slug: number | null; wait: number }
  | { do: 'name' | 'slug'; which: number; value: number | null; wait: number }
  | { do: 'dissolve'; which: number; wait: number }
  | { do: 'join'; who: number; which: number; role: number; wait: number }
  | { do: 'role'; member: number; role: number; wait: number }
  | { do: 'remove'; member: number; wait: number }
  /** Adds a member that was removed before, of a user and an organization that still exist. */
  | { do: 'rejoin'; former: number; role: number; wait: number }

/** How this Clerk behaves where the real one's behaviour is not documented. */
export type Ways = Required<TenancyOptions>

export interface Organization extends Omit<ClerkOrganizationJSON, 'slug'> {
  name: string
  slug: string | undefined
  updated_at: number
}

/** A membership without its user and organization. */
export interface Membership {
  id: string
  userId: string
  organizationId: string
  role: string
  created_at: number
  updated_at: number
}

/** The messages of a history, and what Clerk has at its end. */
export interface History {
  messages: ClerkMessage[]
  users: Map<string, ClerkUserJSON>
  deletedUsers: Map<string, number>
  organizations: Map<string, Organization>
  deletedOrganizations: Map<string, number>
  memberships: Map<string, Membership>
  /** Memberships that ended: removed, or their user or organization deleted. */
  formerMemberships: Map<string, Membership>
}

export const roles = ['org:member', 'org:admin', 'org:billing'] as const
/** Permissions of a role. */
export const permissionsOf = (role: string): string[] => {
  if (role === 'org:member') return ['org:posts:read']
  return role === 'org:admin' ? ['org:posts:read', 'org:posts:write'] : ['org:invoices:read']
}

/** Number of slugs; small, so that organizations collide often. */
const SLUGS = 4

/** Applies actions at a Clerk with users, organizations and memberships. */
export function playAtClerk(actions: readonly Action[], salt: number, ways: Ways): History {
  const clerk = new TenantsAtClerk(salt, ways)
  for (const action of actions) clerk.playAny(action)
  return clerk.history()
}

class TenantsAtClerk extends UsersAtClerk {
  private readonly organizations = new Map<string, Organization>()
  private readonly deletedOrganizations = new Map<string, number>()
  private readonly memberships = new Map<string, Membership>()
  private readonly former = new Map<string, Membership>()

  constructor(
    salt: number,
    private readonly ways: Ways,
  ) {
    super(salt)
  }

  history(): History {
    return {
      messages: this.messages,
      users: this.live,
      deletedUsers: this.deleted,
      organizations: this.organizations,
      deletedOrganizations: this.deletedOrganizations,
      memberships: this.memberships,
      formerMemberships: this.former,
    }
  }

  playAny(action: Action): void {
    if (isOfUsers(action)) this.play(action)
    else this.playHere(action)
  }

  private playHere(action: Exclude<Action, UserAction>): void {
    this.now += action.wait
    if (action.do === 'found') this.found(action)
    else if (action.do === 'join' || action.do === 'rejoin') this.addMember(action)
    else if (action.do === 'role' || action.do === 'remove') this.changeMember(action)
    else this.changeOrganization(action)
  }

  protected override delete(id: string): void {
    for (const membership of this.membershipsWhere(({ userId }) => userId === id)) {
      this.end(membership)
      this.withMemberChange(membership.organizationId, () => this.sendEnd(membership))
    }
    super.delete(id)
  }

  private found({ who, name, slug }: Action & { do: 'found' }): void {
    const user = pick(this.live, who)
    if (!user) return
    const id = this.newId('org')
    const organization: Organization = {
      id,
      object: 'organization',
      name: `Company ${name}`,
      slug: this.slugFor(id, slug),
      image_url: `https://img.clerk.com/${id}`,
      has_image: false,
      max_allowed_memberships: 0,
      admin_delete_enabled: true,
      public_metadata: {},
      private_metadata: {},
      created_by: user.id,
      created_at: this.now,
      updated_at: this.now,
    }
    this.organizations.set(id, organization)
    this.sendOrganization('created', organization, 1)
    this.add(user.id, id, 'org:admin')
  }

  private changeOrganization(action: Action & { do: 'name' | 'slug' | 'dissolve' }): void {
    const organization = pick(this.organizations, action.which)
    if (!organization) return
    if (action.do === 'dissolve') this.dissolve(organization)
    else if (action.do === 'name') this.updateOrganization(organization.id, { name: `Company ${action.value}` })
    else this.updateOrganization(organization.id, { slug: this.slugFor(organization.id, action.value) })
  }

  private updateOrganization(id: string, changes: Partial<Organization>): void {
    this.changed(id, changes)
    this.sendUpdated(id)
  }

  private dissolve({ id }: Organization): void {
    for (const membership of this.membershipsWhere(({ organizationId }) => organizationId === id)) {
      this.end(membership)
      this.sendEnd(membership)
    }
    this.organizations.delete(id)
    this.deletedOrganizations.set(id, this.now)
    const data = { object: 'organization', id, deleted: true as const }
    this.send({ ...envelope, type: 'organization.deleted', data, timestamp: this.now } as ClerkWebhookEvent)
  }

  private addMember(action: Action & { do: 'join' | 'rejoin' }): void {
    const { userId, organizationId } =
      action.do === 'rejoin'
        ? { ...this.returning(action.former) }
        : { userId: pick(this.live, action.who)?.id, organizationId: pick(this.organizations, action.which)?.id }
    if (!this.live.has(userId ?? '') || !this.organizations.has(organizationId ?? '')) return
    const isSame = (one: Membership) => one.userId === userId && one.organizationId === organizationId
    if (this.membershipsWhere(isSame).length > 0) return
    this.add(userId as string, organizationId as string, roleOf(action.role))
  }

  /** Somebody who left and comes back: long ago, or at this moment, so that both events are close together. */
  private returning(index: number): Membership | undefined {
    const living = index % 2 === 0 ? pick(this.memberships, index) : undefined
    if (living) this.remove(living)
    return living ?? pick(this.former, index)
  }

  private remove(membership: Membership): void {
    this.end(membership)
    this.withMemberChange(membership.organizationId, () => this.sendMembership('deleted', membership))
  }

  private add(userId: string, organizationId: string, role: string): void {
    const id = this.newId('orgmem')
    const membership = { id, userId, organizationId, role, created_at: this.now, updated_at: this.now }
    this.memberships.set(id, membership)
    this.withMemberChange(organizationId, () => this.sendMembership('created', membership))
  }

  private changeMember(action: Action & { do: 'role' | 'remove' }): void {
    const membership = pick(this.memberships, action.member)
    if (!membership) return
    if (action.do === 'remove') {
      this.remove(membership)
      return
    }
    const changed = { ...membership, role: roleOf(action.role), updated_at: this.now }
    this.memberships.set(changed.id, changed)
    this.sendMembership('updated', changed)
  }

  private end(membership: Membership): void {
    this.memberships.delete(membership.id)
    this.former.set(membership.id, membership)
  }

  /** The deletion of a membership whose user or organization is being deleted. */
  private sendEnd(membership: Membership): void {
    if (this.ways.membershipsOfDeleted === 'sent') this.sendMembership('deleted', membership)
  }

  /** Sends an event of a new or removed member, before or after the change of its organization. */
  private withMemberChange(organizationId: string, send: () => void): void {
    if (this.ways.memberChanges !== 'count') this.changed(organizationId, {})
    send()
    if (this.ways.memberChanges === 'event') this.sendUpdated(organizationId)
  }

  /** Gives an organization a new version. */
  private changed(id: string, changes: Partial<Organization>): void {
    const organization = this.organizations.get(id) as Organization
    this.now = Math.max(this.now, organization.updated_at + 1)
    this.organizations.set(id, { ...organization, ...changes, updated_at: this.now })
  }

  /** The slug, after its holder has changed to another: Clerk refuses it until then. Some have none. */
  private slugFor(ownId: string, value: number | null): string | undefined {
    if (value === null) return undefined
    const slug = `s${value % SLUGS}`
    const holder = [...this.organizations.values()].find((one) => one.id !== ownId && one.slug === slug)
    if (holder) {
      this.updateOrganization(holder.id, { slug: `was-${this.newNumber()}-${slug}` })
      this.now++
    }
    return slug
  }

  private membershipsWhere(fits: (membership: Membership) => boolean): Membership[] {
    return [...this.memberships.values()].filter(fits)
  }

  private sendUpdated(id: string): void {
    this.sendOrganization('updated', this.organizations.get(id) as Organization)
  }

  private sendOrganization(verb: 'created' | 'updated', organization: Organization, count?: number): void {
    const data = this.counted(organization, count)
    this.send({ ...envelope, type: `organization.${verb}`, data, timestamp: this.now } as ClerkWebhookEvent)
  }

  private sendMembership(verb: 'created' | 'updated' | 'deleted', membership: Membership): void {
    const { userId, organizationId, role, ...rest } = membership
    const organization = this.organizations.get(organizationId) as Organization
    const user = this.live.get(userId)
    const { first_name = null, last_name = null } = user ?? {}
    const data: ClerkOrganizationMembershipJSON = {
      ...rest,
      object: 'organization_membership',
      role,
      role_name: role,
      permissions: permissionsOf(role),
      public_metadata: {},
      private_metadata: {},
      organization: this.counted(organization),
      public_user_data: { user_id: userId, first_name, last_name, has_image: false, identifier: null },
    }
    const type = `organizationMembership.${verb}` as const
    this.send({ ...envelope, type, data, timestamp: this.now } as ClerkWebhookEvent)
  }

  /** An organization as events have it. */
  private counted(
    organization: Organization,
    count = this.membershipsWhere(({ organizationId }) => organizationId === organization.id).length,
  ): ClerkOrganizationJSON {
    return { ...organization, members_count: count } as ClerkOrganizationJSON
  }
}

const envelope = { object: 'event', instance_id: 'ins_chaos' } as const

const roleOf = (number: number) => roles[number % roles.length] as string

const pick = <T>(all: ReadonlyMap<string, T>, number: number): T | undefined =>
  [...all.values()][number % Math.max(1, all.size)]

const ofUsers: readonly string[] = ['signUp', 'email', 'username', 'profile', 'delete'] satisfies UserAction['do'][]
const isOfUsers = (action: Action): action is UserAction => ofUsers.includes(action.do)
