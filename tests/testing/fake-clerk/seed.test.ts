import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { problemsWith } from '../../support/clerk-schemas'
import { useFakeClerk } from './use-fake-clerk'

const fake = useFakeClerk()

describe('seed', () => {
  it('creates varied users, spread over the past year, without events', () => {
    const users = fake.clerk.seed(2_000)
    expect(fake.clerk.users.size).toBe(2_000)
    expect(fake.clerk.events()).toEqual([])
    const share = (fits: (user: (typeof users)[number]) => boolean) => users.filter(fits).length / users.length
    expect(share(({ email_addresses }) => email_addresses.length === 0)).toBeGreaterThan(0.05)
    expect(share(({ external_accounts }) => external_accounts.length > 0)).toBeGreaterThan(0.1)
    expect(share(({ phone_numbers }) => phone_numbers.length > 0)).toBeGreaterThan(0.02)
    expect(share(({ web3_wallets }) => web3_wallets.length > 0)).toBeGreaterThan(0.01)
    expect(share(({ username }) => username !== null)).toBeGreaterThan(0.1)
    const times = users.map(({ created_at }) => created_at)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    expect(Date.now() - (times[0] ?? 0)).toBeGreaterThan(360 * 86_400_000)
    expect(users.filter(({ created_at, updated_at }) => updated_at < created_at || updated_at > Date.now())).toEqual([])
  })

  it('creates users with every field of Clerk', () => {
    const problems = fake.clerk.seed(500).flatMap((user) => problemsWith('User', user))
    expect(problems).toEqual([])
  })

  it('returns ids in the order of creation', () => {
    const ids = fake.clerk.seed(500).map(({ id }) => id)
    expect(ids.every((id) => /^user_[0-9A-Za-z]{27}$/.test(id))).toBe(true)
    expect(ids).toEqual([...ids].sort())
    const now = Array.from({ length: 100 }, () => fake.clerk.users.create().id)
    expect(now).toEqual([...now].sort())
  })

  it('creates the same people for the same seed, then others', () => {
    const names = (users: { first_name: string | null }[]) => users.map(({ first_name }) => first_name).join()
    const first = fake.clerk.seed(50, { seed: 7 })
    const more = fake.clerk.seed(50, { seed: 7 })
    expect(names(more)).not.toBe(names(first))
    expect(fake.clerk.users.size).toBe(100)
  })

  it('accepts other fields, times and events', () => {
    const since = Date.parse('2026-01-01')
    fake.clerk.seed(3, { since, events: true, user: (i) => ({ first_name: `Nth ${i}`, updated_at: since + 1 }) })
    expect([...fake.clerk.users.values()].map(({ first_name }) => first_name)).toEqual(['Nth 0', 'Nth 1', 'Nth 2'])
    expect(fake.clerk.events().map(({ type }) => type)).toEqual(Array(3).fill('user.created'))
    expect(fake.clerk.events()[0]?.event.timestamp).toBe(since + 1)
  })

  it('creates organizations and memberships of random users, without events', () => {
    fake.clerk.seed(20, { organizations: 5, memberships: 60 })
    const organizations = [...fake.clerk.organizations.values()]
    const members = organizations.flatMap(({ id }) => fake.clerk.organizations.members(id))
    expect(organizations).toHaveLength(5)
    expect(members).toHaveLength(60)
    expect(new Set(members.map((one) => `${one.organization.id} ${one.public_user_data?.user_id}`)).size).toBe(60)
    for (const one of organizations) {
      const creator = fake.clerk.organizations.members(one.id).at(-1)
      expect(creator).toMatchObject({ role: 'org:admin', public_user_data: { user_id: one.created_by } })
      expect(problemsWith('Organization', one)).toEqual([])
    }
    expect(members.flatMap((one) => problemsWith('OrganizationMembership', one))).toEqual([])
    expect(fake.clerk.events()).toEqual([])
    const more = () => fake.clerk.seed(0, { organizations: 1, memberships: 21 })
    expect(more).toThrow('memberships')
  })

  it('sends the events of organizations and memberships if requested', () => {
    fake.clerk.seed(2, { organizations: 1, memberships: 2, events: true })
    const types = fake.clerk.events().map(({ type }) => type)
    const membership = 'organizationMembership.created'
    expect(types).toEqual(['user.created', 'user.created', 'organization.created', membership, membership])
  })

  it('creates memberships that every list returns in the order of creation', async () => {
    fake.clerk.seed(300, { organizations: 400, memberships: 2_000 })
    const { id } = fake.clerk.users.create()
    const older = fake.clerk.organizations.create({ name: 'Older', created_by: id })
    const listed = async (path: string, order: string) => {
      const found: { id: string; created_at: number }[] = []
      for (let total = 1; found.length < total; ) {
        const url = `${fake.clerk.url}/v1${path}?limit=500&offset=${found.length}&order_by=${order}`
        const response = await fetch(url, { headers: { authorization: `Bearer ${fake.clerk.secretKey}` } })
        const { data, total_count } = (await response.json()) as { data: typeof found; total_count: number }
        found.push(...data)
        total = total_count
      }
      return found.map((one) => ({ id: one.id, at: one.created_at }))
    }
    const memberships = await listed('/organization_memberships', '%2Bcreated_at')
    const sorted = [...memberships].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    expect(memberships).toEqual(sorted)
    expect(new Set(memberships.map((one) => one.id)).size).toBe(2_001)
    expect(await listed('/organization_memberships', '-created_at')).toEqual(sorted.reverse())
    const organizations = await listed('/organizations', '-created_at')
    expect(organizations.map((one) => one.id).sort()).toEqual([...fake.clerk.organizations].map(([one]) => one).sort())
    expect(organizations[0]?.id).toBe(older.id)
    for (const path of [`/organizations/${older.id}/memberships`, `/users/${id}/organization_memberships`])
      expect(await listed(path, '-created_at')).toEqual(sorted.slice(0, 1))
  })

  it('accepts users of the fixtures, and completes them', () => {
    const user = fixtures.oauthUser({ email: 'grace@example.com' })
    const sample = { id: 'user_sample', email_addresses: [{ id: 'idn_1', email_address: 'example@example.org' }] }
    fake.clerk.seed([user, sample])
    expect(fake.clerk.users.get(user.id)).toMatchObject(user)
    expect(problemsWith('User', fake.clerk.users.get(user.id))).toEqual([])
    expect(problemsWith('User', fake.clerk.users.get('user_sample'))).toEqual([])
  })

  it('never creates two users with one address', () => {
    fake.clerk.seed([fixtures.user({ email: 'ada@example.com' })])
    expect(() => fake.clerk.seed([fixtures.user({ email: 'ADA@example.com' })])).toThrow('form_identifier_exists')
  })
})

describe('the methods for changes', () => {
  it('generate a missing address, and accept one as text', () => {
    const { users } = fake.clerk
    expect(users.create().email_addresses[0]?.email_address).toContain('@example.com')
    expect(users.create({ email_address: 'ada@example.com' }).primary_email_address_id).toMatch(/^idn_/)
    expect(users.create({ username: 'named' }).email_addresses).toEqual([])
  })

  it('change an address, a name and metadata in one event', () => {
    const { id } = fake.clerk.users.create({ email_address: 'old@example.com' })
    const changes = { email_address: 'new@example.com', first_name: 'Ada', public_metadata: { a: 1 } }
    const user = fake.clerk.users.update(id, changes)
    expect(user).toMatchObject({ first_name: 'Ada', public_metadata: { a: 1 } })
    expect(user.email_addresses).toMatchObject([
      { id: user.primary_email_address_id, email_address: 'new@example.com' },
    ])
    expect(fake.clerk.events()).toHaveLength(2)
  })

  it('make every version newer than the one before, at any speed', () => {
    const { id, updated_at } = fake.clerk.users.create()
    const versions = [updated_at]
    for (let i = 0; i < 50; i += 1) versions.push(fake.clerk.users.update(id, { first_name: `Ada ${i}` }).updated_at)
    expect(versions.every((version, i) => i === 0 || version > (versions[i - 1] ?? 0))).toBe(true)
    fake.clerk.users.delete(id)
    const times = fake.clerk.events().map(({ event }) => event.timestamp ?? 0)
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))).toBe(true)
  })

  it('leave earlier states unchanged', () => {
    const before = fake.clerk.users.create({ first_name: 'Ada' })
    fake.clerk.users.update(before.id, { first_name: 'Grace' })
    expect(before.first_name).toBe('Ada')
    expect(fake.clerk.events().map(({ event }) => (event.data as { first_name?: string }).first_name)).toEqual([
      'Ada',
      'Grace',
    ])
  })

  it('refuse what the API refuses', () => {
    expect(() => fake.clerk.users.update('user_none', {})).toThrow(expect.objectContaining({ status: 404 }))
    expect(() => fake.clerk.users.create({ username: 'a b' })).toThrow('form_username_invalid')
  })

  it('set fields that no call of the API sets', () => {
    const { id } = fake.clerk.users.create()
    expect(fake.clerk.users.patch(id, { deprovisioned: true, updated_at: 5 })).toMatchObject({
      deprovisioned: true,
      updated_at: 5,
    })
    expect(fake.clerk.events().at(-1)).toMatchObject({ type: 'user.updated', event: { timestamp: 5 } })
  })
})
