import { describe, expect, it } from 'vitest'
import type { ListQuery } from '../../src/clerk-api/lists'
import { type ListWalk, walkList } from '../../src/jobs/clerk/walk-list'

interface Item {
  id: string
  created_at: number
}

const T = 1_700_000_000_000

/** A list in which a test adds and removes items between requests. */
function listOf(count: number) {
  const items = Array.from({ length: count }, (_, n) => item(n))
  const queries: ListQuery[] = []
  const list = {
    items,
    queries,
    /** Before each request, by its number from 1. */
    before: (_request: number): unknown => undefined,
    ids: () => list.items.map(({ id }) => id),
    async read(query: ListQuery) {
      queries.push(query)
      await list.before(queries.length)
      const { offset = 0, limit } = query
      list.items.sort((one, other) => one.created_at - other.created_at || (one.id < other.id ? -1 : 1))
      return { data: list.items.slice(offset, offset + limit), totalCount: list.items.length }
    },
    async walk(options: Partial<ListWalk<Item>> = {}) {
      const found: string[] = []
      for await (const page of walkList(list.read, { pageSize: 50, ...options }))
        found.push(...page.map(({ id }) => id))
      return found
    },
    remove: (from: number, count: number) => void list.items.splice(from, count),
  }
  return list
}

const item = (n: number, at = T + n * 1_000): Item => ({ id: `org_${String(n).padStart(6, '0')}`, created_at: at })

describe('a walk through a list without a cursor', () => {
  it.each([0, 1, 25, 49, 50, 51, 75, 100, 333])('returns each of %i items once, oldest first', async (count) => {
    const list = listOf(count)
    expect(await list.walk()).toEqual(list.ids())
  })

  it('returns items created at the same time once each', async () => {
    const list = listOf(0)
    list.items.push(...Array.from({ length: 180 }, (_, n) => item(n, T)))
    expect(await list.walk()).toEqual(list.ids())
  })

  it.each([1, 24, 25, 26, 60, 120, 150])(
    'misses nothing if %i items before its position are removed',
    async (count) => {
      const list = listOf(400)
      list.before = (request) => request === 5 && list.remove(0, count)
      const found = await list.walk()
      // Of those removed, 125 had been read.
      expect(found).toEqual([
        ...Array.from({ length: 125 }, (_, n) => item(n).id),
        ...list.ids().filter((id) => id > item(124).id),
      ])
    },
  )

  it('misses nothing if items are removed before each request', async () => {
    const list = listOf(1_000)
    list.before = () => list.remove(0, 7)
    const found = await list.walk()
    expect(new Set(found).size).toBe(found.length)
    expect(list.ids().filter((id) => !found.includes(id))).toEqual([])
  })

  it('returns items created while it reads', async () => {
    const list = listOf(120)
    list.before = () => list.items.length < 160 && list.items.push(item(list.items.length + 1_000))
    const found = await list.walk()
    expect(new Set(found).size).toBe(found.length)
    expect(
      list
        .ids()
        .slice(0, -1)
        .filter((id) => !found.includes(id)),
    ).toEqual([])
  })

  it('repeats its pass for an item inserted before its position, and asks which items are left to process', async () => {
    const list = listOf(300)
    const early = { id: 'org_early', created_at: T + 500 }
    list.before = (request) => request === 5 && list.items.push(early)
    const asked: string[] = []
    const found = await list.walk({
      async notProcessed(items) {
        asked.push(...items.map(({ id }) => id))
        return items.filter(({ id }) => id === early.id)
      },
    })
    expect(found).toEqual([...list.ids().filter((id) => id !== early.id), early.id])
    expect(asked).toEqual(list.ids())
  })

  it('continues after the item where an earlier walk stopped', async () => {
    const list = listOf(300)
    const from = { id: item(149).id, createdAt: T + 149_000, offset: 149 }
    expect(await list.walk({ from })).toEqual(list.ids().slice(150))
    expect(list.queries[0]?.offset).toBe(124)
  })

  it('continues after an item created at the same time as others', async () => {
    const list = listOf(0)
    list.items.push(...Array.from({ length: 180 }, (_, n) => item(n, T)))
    const from = { id: item(99).id, createdAt: T, offset: 99 }
    expect(await list.walk({ from })).toEqual(list.ids().slice(100))
  })

  it.each([
    ['the item and those before it were removed', (list: ReturnType<typeof listOf>) => list.remove(0, 150)],
    ['only the item was removed', (list: ReturnType<typeof listOf>) => list.remove(149, 1)],
    ['all but the last items were removed', (list: ReturnType<typeof listOf>) => list.remove(0, 290)],
  ])('continues although %s meanwhile', async (_, change) => {
    const list = listOf(300)
    change(list)
    const from = { id: item(149).id, createdAt: T + 149_000, offset: 149 }
    expect(await list.walk({ from })).toEqual(list.ids().filter((id) => id > from.id))
  })

  it('continues from a position whose offset is too low', async () => {
    const list = listOf(300)
    const from = { id: item(249).id, createdAt: T + 249_000, offset: 10 }
    const found = await list.walk({ from, notProcessed: async () => [] })
    expect(found).toEqual(list.ids().slice(250))
  })

  it('ends with an error if the offset or the order is ignored', async () => {
    const list = listOf(300)
    const noOffset = ({ limit }: ListQuery) => list.read({ limit, offset: 0 })
    const newestFirst = async (query: ListQuery) => ({ data: (await list.read(query)).data.reverse(), totalCount: 300 })
    for (const read of [noOffset, newestFirst]) {
      const walk = (async () => {
        for await (const _ of walkList<Item>(read, { pageSize: 50 }));
      })()
      await expect(walk).rejects.toMatchObject({ code: 'clerk_api_failed' })
    }
  })
})
