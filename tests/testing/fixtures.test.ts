import { type ClerkUserJSON, mapClerkUser, primaryEmail, verifyClerkWebhook } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { problemsWithEvent } from '../support/clerk-schemas'

const kinds = {
  user: fixtures.user,
  phoneOnlyUser: fixtures.phoneOnlyUser,
  oauthUser: fixtures.oauthUser,
  web3User: fixtures.web3User,
  usernameOnlyUser: fixtures.usernameOnlyUser,
  severalEmailsUser: fixtures.severalEmailsUser,
}
type Whole = ClerkUserJSON &
  Record<'phone_numbers' | 'web3_wallets' | 'external_accounts' | 'email_addresses', unknown[]>
const whole = (user: ClerkUserJSON) => user as Whole

describe.each(Object.entries(kinds))('fixtures.%s', (_, make) => {
  it('creates a different user at each call, with ids in the format of Clerk', () => {
    const [one, two] = [make(), make()]
    expect(one.id).toMatch(/^user_2[0-9A-Za-z]{26}$/)
    expect(one.id).not.toBe(two.id)
    if (primaryEmail(one)) expect(primaryEmail(one)).not.toBe(primaryEmail(two))
  })

  it('accepts any field, and the primary address, from the caller', () => {
    const user = make({ email: 'mine@example.com', emailVerified: true, first_name: 'Mine', updated_at: 5 })
    expect(mapClerkUser(user)).toMatchObject({ email: 'mine@example.com', firstName: 'Mine' })
    expect(user.updated_at).toBe(5)
    expect(user).not.toHaveProperty('email')
    expect(user).not.toHaveProperty('emailVerified')
    expect(primaryEmail(make({ email: null }))).toBeUndefined()
  })

  it('survives JSON, and shares no object with another user', () => {
    const [one, two] = [make(), make()]
    expect(JSON.parse(JSON.stringify(one))).toEqual(one)
    Object.assign(one.public_metadata ?? {}, { plan: 'pro' })
    expect(two.public_metadata).toEqual({})
  })
})

describe('a user', () => {
  it('who signed up by phone, wallet or username has no address', () => {
    for (const user of [fixtures.phoneOnlyUser(), fixtures.web3User(), fixtures.usernameOnlyUser()]) {
      expect(user).toMatchObject({
        email_addresses: [],
        primary_email_address_id: null,
        first_name: null,
        last_name: null,
      })
    }
    expect(whole(fixtures.phoneOnlyUser()).phone_numbers).toHaveLength(1)
    expect(whole(fixtures.web3User()).web3_wallets).toHaveLength(1)
    expect(fixtures.usernameOnlyUser().username).toBeTruthy()
  })

  it('who signed up with Google has the external account, and an address verified by Google', () => {
    const user = whole(fixtures.oauthUser({ email: 'grace@example.com' }))
    expect(user.external_accounts).toMatchObject([{ provider: 'oauth_google', email_address: 'grace@example.com' }])
    expect(user.email_addresses).toMatchObject([
      { verification: { strategy: 'from_oauth_google', status: 'verified' } },
    ])
  })

  it('with several addresses has the primary one in the middle', () => {
    const user = fixtures.severalEmailsUser({ email: 'middle@example.com' })
    expect(user.email_addresses?.map(({ email_address }) => email_address).indexOf('middle@example.com')).toBe(1)
  })

  it('with an unverified address has it marked as unverified', () => {
    const [entry] = fixtures.user({ emailVerified: false }).email_addresses ?? []
    expect(entry?.verification?.status).toBe('unverified')
  })

  it('that changes is a newer version, and the old object is unchanged', () => {
    const user = fixtures.user({ email: 'old@example.com', updated_at: 1_000 })
    const changed = fixtures.changedUser(user, { email: 'new@example.com', emailVerified: false })
    expect(changed).toMatchObject({ id: user.id, updated_at: 2_000, first_name: user.first_name })
    expect([primaryEmail(user), primaryEmail(changed)]).toEqual(['old@example.com', 'new@example.com'])
    expect(primaryEmail(fixtures.changedUser(user, { email: null }))).toBeUndefined()
    expect(fixtures.changedUser(user, { updated_at: 500 }).updated_at).toBe(500)
  })

  it('of the app has no Clerk id, and the fields that the app sets', () => {
    const local = fixtures.localUser({ email: 'mine@example.com', role: 'admin' })
    expect(local).toEqual({
      email: 'mine@example.com',
      username: expect.any(String),
      authProvider: 'local',
      role: 'admin',
    })
    expect(fixtures.localUser().email).not.toBe(fixtures.localUser().email)
  })
})

const session = fixtures.sessionCreated().data
const invitation = fixtures.organizationInvitationCreated().data
const entry = fixtures.waitlistEntryCreated().data
const organization = fixtures.organization()
const membership = fixtures.membership({ organization })
const domain = fixtures.organizationDomainCreated().data
const subscription = fixtures.subscriptionCreated().data

const withoutNames = { user: fixtures.phoneOnlyUser(), role: 'org:guest' }

describe('an organization', () => {
  it('is another at each call, with the given fields', () => {
    const [one, two] = [fixtures.organization(), fixtures.organization({ slug: 'mine' })]
    expect(one.id).toMatch(/^org_2[0-9A-Za-z]{26}$/)
    expect([one.id, one.slug]).not.toContain(two.id)
    expect(two.slug).toBe('mine')
    expect(fixtures.organization().slug).not.toBe(one.slug)
    expect(fixtures.organization().public_metadata).not.toBe(one.public_metadata)
  })
})

describe('a membership', () => {
  const user = fixtures.user({ email: 'ada@example.com' })

  it('is of the given user in the given organization, of which it has a copy', () => {
    const of = fixtures.membership({ user, organization })
    expect(of.id).toMatch(/^orgmem_2[0-9A-Za-z]{26}$/)
    expect(of.organization).toEqual(organization)
    expect(of.organization).not.toBe(organization)
    expect(of.public_user_data).toMatchObject({ user_id: user.id, first_name: 'Ada', identifier: 'ada@example.com' })
  })

  it('has the name and the permissions of its role, also after a change', () => {
    const member = fixtures.membership({ user })
    expect(member).toMatchObject({ role: 'org:member', role_name: 'Member' })
    const { data: admin } = fixtures.organizationMembershipUpdated(member, { role: 'org:admin' })
    expect(admin).toMatchObject({ role: 'org:admin', role_name: 'Admin' })
    expect(admin.permissions).toContain('org:sys_memberships:manage')
    expect(member.permissions).not.toContain('org:sys_memberships:manage')
    const { data: guest } = fixtures.organizationMembershipUpdated(admin, {
      role: 'org:guest',
      permissions: ['org:read'],
    })
    expect(guest).toMatchObject({ role_name: 'guest', permissions: ['org:read'] })
  })

  it('that ends is in the event as it was last', () => {
    expect(fixtures.organizationMembershipDeleted(membership).data).toEqual(membership)
  })
})

describe('an event', () => {
  it.each([
    ['user.created', fixtures.userCreated()],
    ['user.updated', fixtures.userUpdated()],
    ['user.deleted', fixtures.userDeleted()],
    ['session.created', fixtures.sessionCreated()],
    ['session.ended', fixtures.sessionEnded()],
    ['session.removed', fixtures.sessionRemoved()],
    ['session.revoked', fixtures.sessionRevoked()],
    ['organization.created', fixtures.organizationCreated()],
    ['organization.updated', fixtures.organizationUpdated()],
    ['organization.deleted', fixtures.organizationDeleted()],
    ['organization.deleted', fixtures.organizationDeleted({ id: organization.id })],
    ['organizationMembership.created', fixtures.organizationMembershipCreated()],
    ['organizationMembership.created', fixtures.organizationMembershipCreated(fixtures.membership(withoutNames))],
    ['organizationMembership.updated', fixtures.organizationMembershipUpdated()],
    ['organizationMembership.deleted', fixtures.organizationMembershipDeleted()],
    ['organizationDomain.created', fixtures.organizationDomainCreated()],
    ['organizationDomain.updated', fixtures.organizationDomainUpdated()],
    ['organizationDomain.deleted', fixtures.organizationDomainDeleted()],
    ['organizationInvitation.created', fixtures.organizationInvitationCreated()],
    ['organizationInvitation.accepted', fixtures.organizationInvitationAccepted()],
    ['organizationInvitation.revoked', fixtures.organizationInvitationRevoked()],
    ['waitlistEntry.created', fixtures.waitlistEntryCreated()],
    ['waitlistEntry.updated', fixtures.waitlistEntryUpdated()],
    ['subscription.created', fixtures.subscriptionCreated()],
    ['subscription.created', fixtures.subscriptionCreated({ organization_id: 'org_1' })],
    ['subscription.updated', fixtures.subscriptionUpdated()],
    ['subscription.active', fixtures.subscriptionActive()],
    ['subscription.pastDue', fixtures.subscriptionPastDue()],
  ])('of type %s has the complete envelope, and what the schema of Clerk demands', (type, event) => {
    expect(event).toMatchObject({ type, object: 'event', instance_id: fixtures.instanceId })
    expect(problemsWithEvent(event)).toEqual([])
  })

  it('is about the given user', () => {
    const user = fixtures.user()
    expect(fixtures.userCreated(user).data).toEqual(user)
    expect(fixtures.userUpdated(user, { first_name: 'New' }).data).toMatchObject({ id: user.id, first_name: 'New' })
    expect(fixtures.userDeleted(user).data).toEqual({ id: user.id, object: 'user', deleted: true })
    expect(fixtures.sessionCreated(user).data).toMatchObject({ user_id: user.id })
    expect(fixtures.organizationCreated(organization).data).toEqual(organization)
    expect(fixtures.organizationDeleted(organization).data).toEqual({
      id: organization.id,
      object: 'organization',
      slug: organization.slug,
      deleted: true,
    })
    expect(fixtures.organizationMembershipCreated(membership).data).toEqual(membership)
    expect(fixtures.organizationDomainDeleted(domain).data).toMatchObject({ id: domain.id, deleted: true })
    const accepted = fixtures.organizationInvitationAccepted(invitation, user)
    expect(accepted.data).toMatchObject({ id: invitation.id, user_id: user.id })
  })

  it.each([
    ['ended', session, fixtures.sessionEnded(session)],
    ['removed', session, fixtures.sessionRemoved(session)],
    ['revoked', session, fixtures.sessionRevoked(session)],
    ['accepted', invitation, fixtures.organizationInvitationAccepted(invitation)],
    ['revoked', invitation, fixtures.organizationInvitationRevoked(invitation)],
    ['invited', entry, fixtures.waitlistEntryUpdated(entry, { status: 'invited' })],
    ['canceled', subscription, fixtures.subscriptionUpdated(subscription, { status: 'canceled' })],
    ['past_due', subscription, fixtures.subscriptionPastDue(subscription)],
    ['active', subscription, fixtures.subscriptionActive(subscription)],
  ])('that makes something %s is one second newer, and the old object is unchanged', (status, before, { data }) => {
    expect(data).toMatchObject({ id: before.id, status, updated_at: (before.updated_at ?? 0) + 1_000 })
    expect(before.status).toBe(before === session || before === subscription ? 'active' : 'pending')
  })

  it.each([
    ['organization', organization, fixtures.organizationUpdated(organization, { name: 'New' })],
    ['membership', membership, fixtures.organizationMembershipUpdated(membership)],
    ['domain', domain, fixtures.organizationDomainUpdated(domain)],
  ])('that changes the %s is one second newer, and the old object is unchanged', (_, before, { data }) => {
    expect(data).toMatchObject({ id: before.id, updated_at: (before.updated_at ?? 0) + 1_000 })
    expect(data).not.toEqual({ ...before, updated_at: data.updated_at })
  })

  it('of a subscription names the payer, and has an empty text for the other kind', () => {
    const payerOf = (...by: Parameters<typeof fixtures.subscriptionCreated>) =>
      fixtures.subscriptionCreated(...by).data.payer
    expect(payerOf({ user_id: 'user_1' })).toMatchObject({ user_id: 'user_1', organization_id: '' })
    expect(payerOf({ organization_id: 'org_1' })).toMatchObject({ user_id: '', organization_id: 'org_1' })
  })
})

describe('signClerkWebhook', () => {
  const signingSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

  it('signs what a handler accepts as a delivery of Svix', async () => {
    const event = fixtures.userCreated()
    const { headers, body } = signClerkWebhook(event, { signingSecret })
    expect(headers['content-type']).toBe('application/json')
    expect(await verifyClerkWebhook(body, headers, { signingSecret })).toMatchObject({ data: event.data })
  })

  it('gives each delivery its own message id by default', () => {
    const idOf = (messageId?: string) =>
      signClerkWebhook(fixtures.userCreated(), { signingSecret, ...(messageId && { messageId }) }).headers['svix-id']
    expect(idOf()).not.toBe(idOf())
    expect(idOf('msg_again')).toBe('msg_again')
  })

  it('signs a delivery of another time', () => {
    const { headers } = signClerkWebhook(fixtures.userCreated(), {
      signingSecret,
      timestamp: new Date(1_614_265_330_999),
    })
    expect(headers['svix-timestamp']).toBe('1614265330')
  })
})
