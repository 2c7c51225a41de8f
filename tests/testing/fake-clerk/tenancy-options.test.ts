import type { ClerkOrganizationJSON, ClerkOrganizationMembershipJSON } from 'clerk-mongo-sync'
import { createFakeClerk, type FakeClerk, type TenancyOptions } from 'clerk-mongo-sync/testing'
import { afterEach, expect, it } from 'vitest'
import { problemsWithEvent } from '../../support/clerk-schemas'
import { typesOf } from './use-fake-clerk'

let clerk: FakeClerk
afterEach(() => clerk.close())

/** An organization of Ada, who founded it, and Bob. */
async function twoMembers(options: TenancyOptions = {}) {
  clerk = await createFakeClerk({ rateLimit: false, ...options })
  const [ada, bob] = [clerk.users.create(), clerk.users.create()]
  const { id } = clerk.organizations.create({ name: 'Acme', created_by: ada.id })
  clerk.organizations.addMember(id, bob.id)
  const version = () => clerk.organizations.get(id)?.updated_at ?? 0
  return { ada, bob, id, version }
}

/** The organization events and memberships events so far, with the organization that each has. */
const organizationsSent = () =>
  clerk.events().flatMap(({ type, event: { data } }) => {
    const { organization } = data as ClerkOrganizationMembershipJSON
    if (!type.startsWith('organization')) return []
    return [{ type, ...(organization ?? (data as ClerkOrganizationJSON)) }]
  })
const counts = () => organizationsSent().map(({ type, members_count }) => [type, members_count])
const lastTypes = (count: number) => typesOf(clerk).slice(-count)

it('counts the members at the time of an event, as the examples of Clerk do', async () => {
  const { bob, id } = await twoMembers()
  clerk.organizations.changeRole(id, bob.id, 'org:admin')
  clerk.organizations.update(id, { name: 'Acme Inc' })
  clerk.organizations.removeMember(id, bob.id)
  expect(counts()).toEqual([
    ['organization.created', 1],
    ['organizationMembership.created', 1],
    ['organizationMembership.created', 2],
    ['organizationMembership.updated', 2],
    ['organization.updated', 2],
    ['organizationMembership.deleted', 1],
  ])
  expect(clerk.events().flatMap(({ event }) => problemsWithEvent(event))).toEqual([])
})

it('counts the members of a state that it continues from', async () => {
  const { id } = await twoMembers()
  const state = clerk.state()
  await clerk.close()
  clerk = await createFakeClerk({ state })
  clerk.organizations.update(id, { name: 'Acme Inc' })
  expect(counts()).toEqual([['organization.updated', 2]])
})

it('sends nothing for the memberships of a deleted user or organization', async () => {
  const { bob, id } = await twoMembers()
  clerk.users.delete(bob.id)
  clerk.organizations.delete(id)
  expect(lastTypes(3)).toEqual(['organizationMembership.created', 'user.deleted', 'organization.deleted'])
})

it('sends a deletion for each of them if told so', async () => {
  const { ada, bob, id } = await twoMembers({ membershipsOfDeleted: 'sent' })
  const [second, first] = clerk.organizations.members(id)
  clerk.users.delete(bob.id)
  clerk.organizations.delete(id)
  expect(lastTypes(4)).toEqual([
    'organizationMembership.deleted',
    'user.deleted',
    'organizationMembership.deleted',
    'organization.deleted',
  ])
  const deleted = clerk.events().filter(({ type }) => type === 'organizationMembership.deleted')
  expect(deleted.map(({ event }) => event.data)).toMatchObject([
    { id: second?.id, public_user_data: { user_id: bob.id }, organization: { id, members_count: 1 } },
    { id: first?.id, public_user_data: { user_id: ada.id }, organization: { id, members_count: 0 } },
  ])
  expect(clerk.events().flatMap(({ event }) => problemsWithEvent(event))).toEqual([])
})

it('leaves the version of an organization as it is when its members change', async () => {
  const { ada, bob, id, version } = await twoMembers()
  const before = version()
  clerk.organizations.removeMember(id, bob.id)
  clerk.users.delete(ada.id)
  expect(version()).toBe(before)
  expect(new Set(organizationsSent().map(({ updated_at }) => updated_at))).toEqual(new Set([before]))
})

it('gives an organization a new version with each new, removed or deleted member if told so', async () => {
  const { ada, bob, id, version } = await twoMembers({ memberChanges: 'version' })
  const versions = [version()]
  clerk.organizations.changeRole(id, bob.id, 'org:admin')
  expect(version()).toBe(versions[0])
  clerk.organizations.removeMember(id, bob.id)
  versions.push(version())
  clerk.users.delete(ada.id)
  versions.push(version())
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b))
  // Its foundation, two new members, and the removed one, whose events have the new version.
  expect(new Set(organizationsSent().map(({ updated_at }) => updated_at)).size).toBe(4)
  expect(organizationsSent().at(-1)).toMatchObject({ updated_at: versions[1], members_count: 1 })
  expect(typesOf(clerk)).not.toContain('organization.updated')
})

it('sends the organization after each of them if told so', async () => {
  const { ada, bob, id, version } = await twoMembers({ memberChanges: 'event', membershipsOfDeleted: 'sent' })
  clerk.organizations.removeMember(id, bob.id)
  clerk.users.delete(ada.id)
  expect(lastTypes(5)).toEqual([
    'organizationMembership.deleted',
    'organization.updated',
    'organizationMembership.deleted',
    'organization.updated',
    'user.deleted',
  ])
  expect(organizationsSent().at(-1)).toMatchObject({ id, updated_at: version(), members_count: 0 })
  clerk.organizations.delete(id)
  // An organization that is being deleted is not changed by the loss of its members.
  expect(lastTypes(1)).toEqual(['organization.deleted'])
})
