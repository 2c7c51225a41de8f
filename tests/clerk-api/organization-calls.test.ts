import type { ServerResponse } from 'node:http'
import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { requireClerkApi } from '../../src/clerk-api/clerk-api'
import { serve } from '../support/serve'

describe('calls about organizations', () => {
  let clerk: FakeClerk
  const api = () => requireClerkApi({ secretKey: clerk.secretKey, apiUrl: clerk.url })

  beforeEach(async () => {
    clerk = await createFakeClerk()
  })
  afterEach(() => clerk.close())

  function found(count: number) {
    const made = Array.from({ length: count }, (_, n) => clerk.organizations.create({ name: `Acme ${n}` }))
    // Those created in the same millisecond are listed by id.
    return made.sort((one, other) => one.created_at - other.created_at || (one.id < other.id ? -1 : 1))
  }

  it('list a page with the length of the whole list, in the order asked for', async () => {
    const made = found(7).map(({ id }) => id)
    const page = await api().listOrganizations({ limit: 3, offset: 2, orderBy: '+created_at' })
    expect(page.data.map(({ id }) => id)).toEqual(made.slice(2, 5))
    expect(page.totalCount).toBe(7)
  })

  it('find organizations by their ids, and make no request without ids', async () => {
    const [one, , three] = found(3).map(({ id }) => id)
    const organizationIds = [one ?? '', 'org_nowhere', three ?? '']
    const { data } = await api().listOrganizations({ limit: 100, organizationIds })
    expect(data.map(({ id }) => id).sort()).toEqual([one, three].sort())
    const before = clerk.requests.length
    expect(await api().listOrganizations({ limit: 100, organizationIds: [] })).toEqual({ data: [], totalCount: 0 })
    expect(clerk.requests).toHaveLength(before)
  })

  it('list the memberships of the instance, of an organization, and of some of its users', async () => {
    const [acme, other] = found(2)
    const users = clerk.seed(3).map(({ id }) => id)
    for (const userId of users) clerk.organizations.addMember(acme?.id ?? '', userId)
    clerk.organizations.addMember(other?.id ?? '', users[0] ?? '')
    expect(await api().listMemberships({ limit: 2 })).toMatchObject({ totalCount: 4, data: [{}, {}] })
    const organizationId = acme?.id ?? ''
    expect((await api().listMemberships({ limit: 500, organizationId })).totalCount).toBe(3)
    const some = await api().listMemberships({ limit: 500, organizationId, userIds: users.slice(0, 2) })
    expect(some.data.map((one) => one.public_user_data?.user_id).sort()).toEqual(users.slice(0, 2).sort())
    expect(await api().listMemberships({ limit: 500, organizationId: 'org_nowhere' })).toEqual({
      data: [],
      totalCount: 0,
    })
  })

  it('find the membership of a pair, or null', async () => {
    const [acme, other] = found(2).map(({ id }) => id)
    const userId = clerk.seed(1)[0]?.id ?? ''
    const made = clerk.organizations.addMember(acme ?? '', userId)
    expect(await api().getMembership({ organizationId: acme ?? '', userId })).toMatchObject({ id: made.id })
    expect(await api().getMembership({ organizationId: other ?? '', userId })).toBeNull()
    expect(await api().getMembership({ organizationId: 'org_nowhere', userId })).toBeNull()
  })
})

describe('a list', () => {
  async function apiAnswering(answer: (url: URL, response: ServerResponse) => unknown) {
    const served = await serve((request, response) => {
      response.setHeader('content-type', 'application/json')
      answer(new URL(request.url ?? '', 'http://clerk'), response)
    })
    onTestFinished(() => served.close())
    return requireClerkApi({ secretKey: 'sk_live_organization_calls', apiUrl: served.url })
  }

  it('of another form is a failure, not an empty list', async () => {
    const api = await apiAnswering((_, response) => response.end('[]'))
    await expect(api.listOrganizations({ limit: 1 })).rejects.toMatchObject({ code: 'clerk_api_failed' })
    await expect(api.listMemberships({ limit: 1 })).rejects.toMatchObject({ code: 'clerk_api_failed' })
  })

  it('whose filter Clerk ignored is searched to its end', async () => {
    const data = Array.from({ length: 700 }, (_, n) => ({
      id: `orgmem_${n}`,
      organization: { id: 'org_1' },
      public_user_data: { user_id: `user_${n}` },
    }))
    const api = await apiAnswering((url, response) => {
      const [limit, offset] = ['limit', 'offset'].map((name) => Number(url.searchParams.get(name) ?? 0))
      response.end(JSON.stringify({ data: data.slice(offset, (offset ?? 0) + (limit ?? 0)), total_count: 700 }))
    })
    expect(await api.getMembership({ organizationId: 'org_1', userId: 'user_650' })).toMatchObject({ id: 'orgmem_650' })
    expect(await api.getMembership({ organizationId: 'org_1', userId: 'user_none' })).toBeNull()
  })
})
