import { createFakeClerk, type FakeClerk, fixtures } from 'clerk-mongo-sync/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, useFakeClerk } from './use-fake-clerk'

const DAY = 86_400_000
const people = [
  { id: 'user_a', first_name: 'Ada', email: 'ada@Example.com', username: 'ada_l', external_id: 'Ext1' },
  { id: 'user_b', first_name: 'Bob', email: 'bob@sample.org', username: 'bob_b', banned: true },
  { id: 'user_c', first_name: 'Cy', email: null, username: 'cyrus', external_id: 'ext1' },
  { id: 'user_d', first_name: null, email: 'dee@example.com' },
  { id: 'user_e', first_name: 'Ada', last_name: 'Byron', email: 'eve@example.com' },
]

describe('GET /users', () => {
  let clerk: FakeClerk
  beforeAll(async () => {
    clerk = await createFakeClerk({ rateLimit: false })
    // The second and the third at the same time.
    const times = [1, 2, 2, 3, 4].map((day) => day * DAY)
    clerk.seed(
      people.map((person, i) =>
        fixtures.user({ ...person, created_at: times[i] ?? 0, updated_at: 10 * DAY - (times[i] ?? 0) }),
      ),
    )
  })
  afterAll(() => clerk.close())

  const list = async (query: string) => {
    const { json } = await ask(clerk, `/users?${query}`)
    return json.map(({ id }: { id: string }) => id.replace('user_', '')).join('')
  }

  it.each([
    ['the newest first', '', 'edcba'],
    ['in the order of making', 'order_by=%2Bcreated_at', 'abcde'],
    ['by an unencoded plus', 'order_by=+created_at', 'abcde'],
    ['by the first of several orders', 'order_by=created_at&order_by=-created_at', 'abcde'],
    ['the last changed first', 'order_by=-updated_at', 'acbde'],
    ['by address, who has none last', 'order_by=email_address', 'abdec'],
    ['by first name', 'order_by=first_name', 'aebcd'],
    ['by username', 'order_by=username', 'abcde'],
    ['a page', 'limit=2', 'ed'],
    ['a later page', 'limit=2&offset=2', 'cb'],
    ['nothing after the end', 'offset=9', ''],
    ['what follows a cursor', 'limit=2&starting_after=user_d', 'cb'],
    ['what follows a cursor, in the order of making', 'order_by=created_at&limit=2&starting_after=user_b', 'cd'],
    ['nothing after the last', 'order_by=created_at&starting_after=user_e', ''],
    [
      'what follows a cursor that the filters leave out',
      'order_by=created_at&starting_after=user_b&banned=false',
      'cde',
    ],
    ['by id', 'user_id=user_a&user_id=user_c&user_id=user_none', 'ca'],
    ['by excluded ids', 'user_id=-user_a&user_id=-user_e', 'dcb'],
    ['by external id, whose case counts', 'external_id=ext1', 'c'],
    ['by excluded external id', 'external_id=-ext1', 'edba'],
    ['by address, whatever its case', 'email_address=ADA@example.com&email_address=x@example.com', 'a'],
    ['by username', 'username=Cyrus&username=bob_b', 'cb'],
    ['by two filters at once', 'username=cyrus&user_id=user_a', ''],
    ['by part of an address', 'email_address_query=EXAMPLE', 'eda'],
    ['by part of a username', 'username_query=_', 'ba'],
    ['by name', 'name_query=ada%20byron', 'e'],
    ['by part of anything', 'query=ad', 'ea'],
    ['the banned', 'banned=true', 'b'],
    ['the not banned, page by page', 'banned=false&limit=2&offset=1', 'dc'],
    ['made after a time', `created_at_after=${2 * DAY}`, 'ed'],
    ['made before a time', `created_at_before=${2 * DAY}`, 'a'],
  ])('returns %s', async (_, query, expected) => {
    expect(await list(query)).toBe(expected)
  })

  it.each([
    ['an unknown order', 'order_by=age', 'form_param_value_invalid'],
    ['a cursor in another order', 'order_by=updated_at&starting_after=user_a', 'form_param_value_invalid'],
    ['a cursor with an offset', 'offset=1&starting_after=user_a', 'form_param_value_invalid'],
    ['a cursor that no user has', 'starting_after=user_none', 'form_resource_not_found'],
    ['a negative offset', 'offset=-1', 'form_param_value_invalid'],
    ['a time that is none', 'created_at_after=today', 'form_param_invalid_date'],
    ['more than a hundred ids', `${'user_id=x&'.repeat(101)}`, 'form_param_value_invalid'],
  ])('refuses %s with 422', async (_, query, code) => {
    const { status, json } = await ask(clerk, `/users?${query}`)
    expect([status, json.errors[0].code]).toEqual([422, code])
  })

  it('counts with the same filters, and ignores a cursor', async () => {
    expect((await ask(clerk, '/users/count')).json).toEqual({ object: 'total_count', total_count: 5 })
    const { json } = await ask(clerk, '/users/count?email_address_query=example&starting_after=user_a')
    expect(json.total_count).toBe(3)
  })
})

describe('a list that changes', () => {
  const fake = useFakeClerk()
  const ids = async (query: string) =>
    (await ask(fake.clerk, `/users?${query}`)).json.map(({ id }: { id: string }) => id)

  it('returns ten if more than 500 are requested', async () => {
    fake.clerk.seed(501)
    expect(await ids('limit=500')).toHaveLength(500)
    expect(await ids('limit=501')).toHaveLength(10)
    expect(await ids('')).toHaveLength(10)
  })

  it('returns every user once by cursor while others are created and deleted', async () => {
    const seeded = fake.clerk.seed(1_000).map(({ id }) => id)
    const met: string[] = []
    let cursor = ''
    do {
      const page: string[] = await ids(`limit=100&order_by=%2Bcreated_at${cursor && `&starting_after=${cursor}`}`)
      met.push(...page)
      cursor = page.length === 100 ? (page.at(-1) ?? '') : ''
      fake.clerk.users.create()
      fake.clerk.users.delete(seeded.shift() ?? '')
    } while (cursor)
    expect(new Set(met).size).toBe(met.length)
    expect(seeded.filter((id) => !met.includes(id))).toEqual([])
  })

  it('follows a user whose time of creation changes', async () => {
    const [first, second] = [fake.clerk.users.create().id, fake.clerk.users.create().id]
    await fake.sdk.users.updateUser(second, { createdAt: new Date(0) } as object)
    expect(await ids('order_by=created_at')).toEqual([second, first])
    fake.clerk.users.delete(second)
    expect(await ids('order_by=created_at')).toEqual([first])
  })

  it('counts an offset by the current users', async () => {
    const made = [1, 2, 3].map(() => fake.clerk.users.create().id)
    fake.clerk.users.delete(made[2] ?? '')
    expect(await ids('offset=1')).toEqual([made[0]])
  })

  it('is ordered by time of change after each change', async () => {
    const [first, second] = [fake.clerk.users.create().id, fake.clerk.users.create().id]
    expect(await ids('order_by=-updated_at')).toEqual([second, first])
    fake.clerk.users.ban(first)
    expect(await ids('order_by=-updated_at')).toEqual([first, second])
  })

  it('handles the cursor of a deleted user as configured', async () => {
    for (const [unknownCursor, expected] of [
      ['empty', 0],
      ['restart', 1],
    ] as const) {
      const clerk = await createFakeClerk({ unknownCursor })
      const [user] = [clerk.users.create(), clerk.users.create()]
      clerk.users.delete(user.id)
      const { json } = await ask(clerk, `/users?order_by=created_at&starting_after=${user.id}`)
      expect(json).toHaveLength(expected)
      await clerk.close()
    }
  })

  it('lets the Clerk SDK page through users, with their total number', async () => {
    fake.clerk.seed(25)
    const page = await fake.sdk.users.getUserList({ limit: 20, orderBy: '+created_at' })
    expect([page.data.length, page.totalCount]).toEqual([20, 25])
    expect(page.data.map(({ createdAt }) => createdAt)).toEqual(
      page.data.map(({ createdAt }) => createdAt).sort((a, b) => a - b),
    )
    expect(await fake.sdk.users.getCount()).toBe(25)
    const { id } = page.data[3] ?? { id: '' }
    expect((await fake.sdk.users.getUserList({ userId: [id] })).data.map((user) => user.id)).toEqual([id])
  })
})
