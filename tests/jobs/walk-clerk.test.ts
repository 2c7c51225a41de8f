import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ClerkApi, requireClerkApi } from '../../src/clerk-api/clerk-api'
import type { UserQuery } from '../../src/clerk-api/user-query'
import { clerkSource } from '../../src/jobs/clerk/clerk-source'
import { walkChanged } from '../../src/jobs/clerk/walk-changed'
import { type Position, walkClerk } from '../../src/jobs/clerk/walk-clerk'
import { compareSample } from '../../src/jobs/reconcile/compare-some'
import { type ClerkList, type LostCursor, startClerkList } from './clerk-list'

let clerk: ClerkList

beforeEach(async () => {
  clerk = await startClerkList()
})
afterEach(() => clerk.close())

async function idsOf(pages: AsyncIterable<ClerkUserJSON[]>): Promise<string[]> {
  const ids: string[] = []
  for await (const page of pages) ids.push(...page.map(({ id }) => id))
  return ids
}

const walk = (options: { from?: Position; pageSize?: number } = {}) =>
  idsOf(walkClerk(requireClerkApi(clerk.access), { pageSize: 10, ...options }))
const ids = () => [...clerk.users.keys()]
/** Does it once, before the request whose number it is. */
const beforeList = (number: number, action: () => unknown) => {
  let lists = 0
  clerk.before = ({ pathname }) => {
    if (!pathname.endsWith('/users')) return
    lists += 1
    if (lists === number) action()
  }
}

describe('a walk through all users', () => {
  it.each([0, 1, 9, 10, 11, 30, 35])('returns each of %i users once, oldest first', async (count) => {
    clerk.add(count)
    expect(await walk()).toEqual(ids())
  })

  it('resumes after the last user of an earlier walk', async () => {
    clerk.add(25)
    const [, , , , , , { id, created_at } = {}] = [...clerk.users.values()]
    expect(await walk({ from: { id: id ?? '', createdAt: created_at ?? undefined } })).toEqual(ids().slice(7))
  })

  it('returns users created meanwhile', async () => {
    clerk.add(15)
    beforeList(3, () => clerk.add(3))
    expect(await walk()).toHaveLength(18)
  })

  it('returns each user once if more than a page were created in the same millisecond', async () => {
    clerk.add(45, () => ({ created_at: 1_700_000_000_000 }))
    expect((await walk()).sort()).toEqual(ids())
  })

  it.each<LostCursor>(['refuse', 'not found', 'empty page', 'begin anew'])(
    'skips and repeats no user if the last one is deleted (Clerk: %s)',
    async (lostCursor) => {
      clerk.lostCursor = lostCursor
      clerk.add(35)
      const all = ids()
      beforeList(3, () => clerk.users.delete(all[19] ?? ''))
      expect(await walk()).toEqual(all)
    },
  )

  it.each<LostCursor>(['refuse', 'not found', 'empty page', 'begin anew'])(
    'skips no user if all last ones are deleted that were created in the same millisecond as the next (Clerk: %s)',
    async (lostCursor) => {
      clerk.lostCursor = lostCursor
      clerk.add(35, (index) => (index >= 5 && index < 32 ? { created_at: 1_735_689_605_000 } : {}))
      const all = ids()
      beforeList(2, () => {
        for (const id of all.slice(5, 10)) clerk.users.delete(id)
      })
      expect((await walk()).sort()).toEqual([...all].sort())
    },
  )

  it('fails if Clerk refuses it for another reason than the cursor', async () => {
    clerk.add(15)
    beforeList(2, () => {
      clerk.status = 401
    })
    await expect(walk()).rejects.toMatchObject({ code: 'clerk_key_invalid' })
  })
})

describe('a walk through the users changed since a time', () => {
  const changed = (since: number) => idsOf(walkChanged(requireClerkApi(clerk.access), { since }))

  it('returns exactly those, the last changed first', async () => {
    const users = clerk.add(20)
    const since = clerk.change(users[4]?.id ?? '').updated_at ?? 0
    clerk.change(users[9]?.id ?? '')
    expect(await changed(since)).toEqual([users[9]?.id, users[4]?.id])
    expect(clerk.requests.length).toBeLessThanOrEqual(2)
  })

  it('finds a user that moved to the front during the walk, and the others once', async () => {
    const users = clerk.add(1_200)
    for (const { id } of users) clerk.change(id)
    const [oldestChange = ''] = users.map(({ id }) => id)
    beforeList(3, () => clerk.change(oldestChange))
    const found = await changed(Date.UTC(2026, 0, 1))
    expect(new Set(found).size).toBe(1_200)
    expect(found.filter((id) => id !== oldestChange)).toHaveLength(1_199)
  })

  it('skips no user if users that it has passed are deleted', async () => {
    const users = clerk.add(1_000)
    for (const { id } of users) clerk.change(id)
    const newest = users.slice(-15).map(({ id }) => id)
    beforeList(2, () => {
      for (const id of newest) clerk.users.delete(id)
    })
    expect(new Set(await changed(Date.UTC(2026, 0, 1))).size).toBe(1_000)
  })
})

/** Users in the order of their making, of whom the list heeds only so much of what is asked. */
describe('a list that does not advance', () => {
  const stands = { code: 'clerk_api_failed', message: expect.stringContaining('does not advance') }
  /** Far more pages than a walk to the end takes. */
  const MOST = 100
  const heeding = (users: ClerkUserJSON[], heed: (query: UserQuery) => UserQuery, count?: number) => {
    let lists = 0
    const listUsers = async (given: UserQuery) => {
      if (++lists > MOST) expect.fail('it never ends')
      const { limit, offset = 0, orderBy, startingAfter, createdAfter = -1 } = heed(given)
      const sign = orderBy === '+created_at' ? 1 : -1
      const listed = users
        .filter(({ created_at }) => (created_at ?? 0) > createdAfter)
        .sort((one, other) => sign * ((one.created_at ?? 0) - (other.created_at ?? 0)))
      const start = startingAfter === undefined ? offset : listed.findIndex(({ id }) => id === startingAfter) + 1
      return listed.slice(start, start + limit)
    }
    return { listUsers, countUsers: async () => count } as unknown as ClerkApi
  }
  const without =
    (...names: (keyof UserQuery)[]) =>
    (query: UserQuery) =>
      Object.fromEntries(
        Object.entries(query).filter(([name]) => !names.includes(name as keyof UserQuery)),
      ) as unknown as UserQuery
  const walkOver = (api: ClerkApi) => idsOf(walkClerk(api, { pageSize: 10 }))
  const atOnce = () => ({ created_at: 1_700_000_000_000 })

  it('is an error if the cursor is ignored and a page has one time', async () => {
    await expect(walkOver(heeding(clerk.add(35, atOnce), without('startingAfter')))).rejects.toMatchObject(stands)
  })

  it('is no error if the time advances without the cursor', async () => {
    expect(await walkOver(heeding(clerk.add(35), without('startingAfter')))).toEqual(ids())
  })

  it('is an error if the time is ignored like the cursor', async () => {
    const api = heeding(clerk.add(35), without('startingAfter', 'createdAfter'))
    await expect(walkOver(api)).rejects.toMatchObject(stands)
  })

  it('is an error if the order is ignored', async () => {
    await expect(walkOver(heeding(clerk.add(35), without('orderBy')))).rejects.toMatchObject(stands)
  })

  it('is an error if users have no time of creation', async () => {
    const timeless = clerk.add(35, () => ({ created_at: null as unknown as number }))
    await expect(walkOver(heeding(timeless, without('startingAfter')))).rejects.toMatchObject(stands)
  })

  it('is an error if the offset of changed users is ignored', async () => {
    const users = clerk.add(1_200)
    const walking = idsOf(walkChanged(heeding(users, without('offset')), { since: 1 }))
    await expect(walking).rejects.toMatchObject(stands)
  })

  it('is an error if the offset of a sample is ignored and users are not counted', async () => {
    const comparing = { judge: { users: async () => {} }, tally: undefined, onProgress: () => {}, signal: undefined }
    const context = { source: clerkSource(heeding(clerk.add(100), without('offset')), 'user') }
    const drawing = compareSample(context as never, comparing as never, 20)
    await expect(drawing).rejects.toMatchObject(stands)
  })
})
