import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requireClerkApi } from '../../src/clerk-api/clerk-api'
import { walkChanged } from '../../src/jobs/walk-changed'
import { type Position, walkClerk } from '../../src/jobs/walk-clerk'
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
  it.each([0, 1, 9, 10, 11, 30, 35])('gives each of %i once, in the order of their making', async (count) => {
    clerk.add(count)
    expect(await walk()).toEqual(ids())
  })

  it('goes on from where an earlier one came', async () => {
    clerk.add(25)
    const [, , , , , , { id, created_at } = {}] = [...clerk.users.values()]
    expect(await walk({ from: { id: id ?? '', createdAt: created_at ?? undefined } })).toEqual(ids().slice(7))
  })

  it('gives those made meanwhile as well', async () => {
    clerk.add(15)
    beforeList(3, () => clerk.add(3))
    expect(await walk()).toHaveLength(18)
  })

  it('gives each once where more than a page were made in the same millisecond', async () => {
    clerk.add(45, () => ({ created_at: 1_700_000_000_000 }))
    expect((await walk()).sort()).toEqual(ids())
  })

  it.each<LostCursor>(['refuse', 'not found', 'empty page', 'begin anew'])(
    'loses and repeats nobody when the user it came to is deleted (Clerk: %s)',
    async (lostCursor) => {
      clerk.lostCursor = lostCursor
      clerk.add(35)
      const all = ids()
      beforeList(3, () => clerk.users.delete(all[19] ?? ''))
      expect(await walk()).toEqual(all)
    },
  )

  it.each<LostCursor>(['refuse', 'not found', 'empty page', 'begin anew'])(
    'loses nobody when all it came to are deleted, made in the same millisecond as the next (Clerk: %s)',
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

  it('fails where it is refused for another reason than the cursor', async () => {
    clerk.add(15)
    beforeList(2, () => {
      clerk.status = 401
    })
    await expect(walk()).rejects.toMatchObject({ code: 'clerk_key_invalid' })
  })
})

describe('a walk through the users changed since', () => {
  const changed = (since: number) => idsOf(walkChanged(requireClerkApi(clerk.access), { since }))

  it('gives those and no others, the last changed first', async () => {
    const users = clerk.add(20)
    const since = clerk.change(users[4]?.id ?? '').updated_at ?? 0
    clerk.change(users[9]?.id ?? '')
    expect(await changed(since)).toEqual([users[9]?.id, users[4]?.id])
    expect(clerk.requests.length).toBeLessThanOrEqual(2)
  })

  it('finds a user who moved to the front while it was under way, and the others once', async () => {
    const users = clerk.add(1_200)
    for (const { id } of users) clerk.change(id)
    const [oldestChange = ''] = users.map(({ id }) => id)
    beforeList(3, () => clerk.change(oldestChange))
    const found = await changed(Date.UTC(2026, 0, 1))
    expect(new Set(found).size).toBe(1_200)
    expect(found.filter((id) => id !== oldestChange)).toHaveLength(1_199)
  })

  it('loses nobody when users it has seen are deleted', async () => {
    const users = clerk.add(1_000)
    for (const { id } of users) clerk.change(id)
    const newest = users.slice(-15).map(({ id }) => id)
    beforeList(2, () => {
      for (const id of newest) clerk.users.delete(id)
    })
    expect(new Set(await changed(Date.UTC(2026, 0, 1))).size).toBe(1_000)
  })
})
