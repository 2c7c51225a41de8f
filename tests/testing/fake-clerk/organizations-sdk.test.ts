import { expect, it } from 'vitest'
import { ask, refusalOf, typesOf, useFakeClerk } from './use-fake-clerk'

const fake = useFakeClerk()

it('the Clerk SDK creates, changes and deletes an organization', async () => {
  const { organizations } = fake.sdk
  const { id: createdBy } = fake.clerk.users.create()
  const made = await organizations.createOrganization({ name: 'Acme Inc', createdBy, publicMetadata: { a: { b: 1 } } })
  expect(made).toMatchObject({ name: 'Acme Inc', slug: 'acme-inc', createdBy })
  expect((await organizations.getOrganization({ slug: 'acme-inc' })).id).toBe(made.id)
  await organizations.updateOrganization(made.id, { name: 'Acme', slug: 'acme' })
  await organizations.updateOrganizationMetadata(made.id, { publicMetadata: { a: { c: 2 } } })
  expect(fake.clerk.organizations.get(made.id)).toMatchObject({ slug: 'acme', public_metadata: { a: { b: 1, c: 2 } } })
  await organizations.replaceOrganizationMetadata(made.id, { publicMetadata: { d: 3 } })
  expect(fake.clerk.organizations.get(made.id)?.public_metadata).toEqual({ d: 3 })
  await organizations.deleteOrganization(made.id)
  expect(fake.clerk.organizations.size).toBe(0)
  expect(await refusalOf(organizations.getOrganization({ organizationId: made.id }))).toMatchObject({ status: 404 })
  expect(typesOf(fake.clerk)).toEqual([
    'user.created',
    'organization.created',
    'organizationMembership.created',
    ...Array(3).fill('organization.updated'),
    'organization.deleted',
  ])
})

it('the Clerk SDK adds, promotes, marks and removes members', async () => {
  const { organizations } = fake.sdk
  const organizationId = fake.clerk.organizations.create({ name: 'Acme' }).id
  const userId = fake.clerk.users.create({ email_address: 'ada@example.com', first_name: 'Ada' }).id
  const member = await organizations.createOrganizationMembership({ organizationId, userId, role: 'org:member' })
  expect(member).toMatchObject({ role: 'org:member', publicUserData: { userId, identifier: 'ada@example.com' } })
  await organizations.updateOrganizationMembership({ organizationId, userId, role: 'org:admin' })
  await organizations.updateOrganizationMembershipMetadata({ organizationId, userId, publicMetadata: { desk: 3 } })
  expect(fake.clerk.organizations.members(organizationId)).toMatchObject([
    { role: 'org:admin', public_metadata: { desk: 3 } },
  ])
  await organizations.deleteOrganizationMembership({ organizationId, userId })
  expect(fake.clerk.organizations.members(organizationId)).toEqual([])
  expect(typesOf(fake.clerk).slice(2)).toEqual([
    'organizationMembership.created',
    'organizationMembership.updated',
    'organizationMembership.updated',
    'organizationMembership.deleted',
  ])
  // The event of a removed membership contains all its fields.
  expect(fake.clerk.events().at(-1)?.event.data).toMatchObject({ id: member.id, role: 'org:admin' })
})

it('the Clerk SDK lists organizations and members with their total number, page by page', async () => {
  const { organizations, users } = fake.sdk
  const [ada, bob] = [fake.clerk.users.create(), fake.clerk.users.create()]
  const made = ['Cafe', 'Acme', 'Bakery'].map((name) => fake.clerk.organizations.create({ name, created_by: ada.id }))
  fake.clerk.organizations.addMember(made[0]?.id ?? '', bob.id)
  const byName = await organizations.getOrganizationList({ orderBy: '+name', limit: 2, includeMembersCount: true })
  expect(byName.totalCount).toBe(3)
  expect(byName.data.map(({ name, membersCount }) => [name, membersCount])).toEqual([
    ['Acme', 1],
    ['Bakery', 1],
  ])
  expect((await ask(fake.clerk, `/organizations?user_id=${bob.id}`)).json.data).toMatchObject([{ name: 'Cafe' }])
  expect((await organizations.getOrganizationList({ query: 'ake' })).totalCount).toBe(1)
  const members = await organizations.getOrganizationMembershipList({ organizationId: made[0]?.id ?? '', limit: 1 })
  expect([members.totalCount, members.data.length]).toEqual([2, 1])
  const admins = { organizationId: made[0]?.id ?? '', role: ['org:admin' as const] }
  expect((await organizations.getOrganizationMembershipList(admins)).data[0]?.publicUserData?.userId).toBe(ada.id)
  expect((await users.getOrganizationMembershipList({ userId: ada.id })).totalCount).toBe(3)
  expect((await organizations.getInstanceOrganizationMembershipList({ limit: 500 })).totalCount).toBe(4)
  expect((await users.getUserList({ organizationId: [made[0]?.id ?? ''] })).totalCount).toBe(2)
  expect((await users.getUserList({ organizationId: [`-${made[0]?.id}`] })).totalCount).toBe(0)
})

it('the fake Clerk refuses the memberships that Clerk refuses', async () => {
  const { organizations } = fake.sdk
  const organizationId = fake.clerk.organizations.create({ name: 'Acme', max_allowed_memberships: 1 }).id
  const [ada, bob] = [fake.clerk.users.create().id, fake.clerk.users.create().id]
  const join = (userId: string, role = 'org:member') =>
    refusalOf(organizations.createOrganizationMembership({ organizationId, userId, role }))
  expect(await join(ada, 'chief')).toMatchObject({ status: 404 })
  expect(await join('user_none')).toMatchObject({ status: 404 })
  await join(ada)
  expect(await join(ada)).toMatchObject({ status: 400, code: 'already_a_member_in_organization' })
  expect(await join(bob)).toMatchObject({ status: 403, code: 'organization_membership_quota_exceeded' })
  fake.clerk.organizations.create({ name: 'Other', slug: 'other' })
  const taken = { status: 422, code: 'form_identifier_exists', param: 'slug' }
  expect(await refusalOf(organizations.updateOrganization(organizationId, { slug: 'other' }))).toMatchObject(taken)
})

it.each([
  ['', 'form_param_nil'],
  ['x'.repeat(257), 'form_param_max_length_exceeded'],
  ['<b>Acme</b>', 'form_param_value_invalid'],
  ['Acme https://acme.example', 'form_param_value_invalid'],
])('the fake Clerk refuses the name "%.20s" of an organization with %s', async (name, code) => {
  const { organizations } = fake.sdk
  const { id, updated_at } = fake.clerk.organizations.create({ name: 'Acme' })
  const refusal = { status: 422, code, param: 'name' }
  expect(await refusalOf(organizations.updateOrganization(id, { name }))).toMatchObject(refusal)
  expect(await refusalOf(organizations.createOrganization({ name }))).toMatchObject(refusal)
  expect(fake.clerk.organizations.get(id)).toMatchObject({ name: 'Acme', updated_at })
})

it('the fake Clerk refuses slugs while they are switched off, and accepts names', async () => {
  const { organizations } = fake.sdk
  const { id } = fake.clerk.organizations.create({ name: 'Acme' })
  fake.clerk.organizations.allowSlugs(false)
  const refused = { status: 403, code: 'organization_slugs_disabled' }
  expect(await refusalOf(organizations.updateOrganization(id, { slug: 'new' }))).toMatchObject(refused)
  expect(await refusalOf(organizations.createOrganization({ name: 'Beta', slug: 'beta' }))).toMatchObject(refused)
  expect(await organizations.updateOrganization(id, { name: 'New' })).toMatchObject({ name: 'New', slug: 'acme' })
})

it('metadata of an organization can be merged as in the API', () => {
  const { id } = fake.clerk.organizations.create({ name: 'Acme', public_metadata: { a: { b: 1, c: 2 } } })
  fake.clerk.organizations.mergeMetadata(id, { public_metadata: { a: { b: null, d: 3 } } })
  expect(fake.clerk.organizations.get(id)?.public_metadata).toEqual({ a: { c: 2, d: 3 } })
  expect(typesOf(fake.clerk).at(-1)).toBe('organization.updated')
})

it('the fake Clerk deletes memberships with their user, without events', () => {
  const user = fake.clerk.users.create()
  const { id } = fake.clerk.organizations.create({ name: 'Acme', created_by: user.id })
  fake.clerk.users.delete(user.id)
  expect(fake.clerk.organizations.members(id)).toEqual([])
  expect(typesOf(fake.clerk).at(-1)).toBe('user.deleted')
})
