import type { Chaos } from 'clerk-mongo-sync/testing'
import { describe, expect, it, vi } from 'vitest'
import type { receive } from './receiver'
import { states, types, useDeliveries } from './use-deliveries'

const { world } = useDeliveries()

describe('chaos', () => {
  it('loses messages', async () => {
    const { clerk, receiver } = await world(undefined, {
      chaos: ({ event }) => ({ lose: event.type === 'user.created' }),
    })
    clerk.users.ban(clerk.users.create().id)
    await clerk.settle()
    expect([types(receiver), states(clerk)]).toEqual([['user.updated'], ['lost', 'delivered']])
  })

  it('holds messages back until they are released', async () => {
    const { clerk, receiver } = await world(undefined, { chaos: { hold: 1 } })
    clerk.users.create()
    await clerk.settle()
    expect([receiver.arrivals.length, states(clerk)]).toEqual([0, ['held']])
    clerk.release()
    await clerk.settle()
    expect([receiver.arrivals.length, states(clerk)]).toEqual([1, ['delivered']])
  })

  it('repeats messages', async () => {
    const { clerk, receiver } = await world(undefined, { chaos: { double: 1 } })
    clerk.users.create()
    await clerk.settle()
    expect(receiver.arrivals.map(({ id }) => id)).toEqual(Array(2).fill(clerk.events()[0]?.messageId))
  })

  it('lets the next message overtake, and does not wait for one that never comes', async () => {
    const { clerk, receiver } = await world(undefined, {
      chaos: ({ event }) => ({ reorder: event.type === 'user.created' }),
    })
    const { id } = clerk.users.create()
    clerk.users.ban(id)
    await clerk.settle()
    expect(types(receiver)).toEqual(['user.updated', 'user.created'])
    clerk.users.create()
    await clerk.settle()
    expect(receiver.arrivals).toHaveLength(3)
  })

  it('lets the next message overtake however long its answer takes', async () => {
    const chaos: Chaos = ({ event }) => ({ reorder: event.type === 'user.created' })
    const slowly: Parameters<typeof receive>[0] = ({ type }, response) => {
      if (type === 'user.created') return 200
      setTimeout(() => response.end(), 200)
      return undefined
    }
    const { clerk } = await world(slowly, { chaos })
    clerk.users.ban(clerk.users.create().id)
    await clerk.settle()
    const [updated, created] = clerk.deliveries
    expect([updated?.type, created?.type]).toEqual(['user.updated', 'user.created'])
    expect(created?.startedAt.getTime()).toBeGreaterThanOrEqual(updated?.endedAt.getTime() ?? Number.NaN)
  })

  it('lets only the next message overtake, even if an earlier one still waits for its answer', async () => {
    const chaos: Chaos = ({ event }) => ({ reorder: event.type === 'user.updated' })
    const { clerk, receiver } = await world(({ type }) => (type === 'user.created' ? undefined : 200), { chaos })
    const { id } = clerk.users.create()
    clerk.users.ban(id)
    clerk.users.delete(id)
    await vi.waitFor(() => expect(types(receiver)).toEqual(['user.created', 'user.deleted', 'user.updated']))
  })

  it('delays messages, and ends when it is stopped', async () => {
    const { clerk, receiver } = await world(undefined, {
      chaos: ({ event }) => ({ delayMs: event.type === 'user.created' ? 200 : 0 }),
    })
    clerk.users.ban(clerk.users.create().id)
    await clerk.settle()
    expect(types(receiver)).toEqual(['user.updated', 'user.created'])
    clerk.misbehave({ lose: 1 })
    clerk.users.create()
    clerk.misbehave(undefined)
    clerk.users.create()
    await clerk.settle()
    expect(states(clerk).slice(-2)).toEqual(['lost', 'delivered'])
  })

  it('affects the same messages with the same seed', async () => {
    const fates = async (seed: number) => {
      const { clerk } = await world(undefined, { chaos: { lose: 0.3, hold: 0.3, seed } })
      for (let i = 0; i < 30; i += 1) clerk.users.create()
      await clerk.settle()
      return states(clerk).join()
    }
    const first = await fates(7)
    expect(await fates(7)).toBe(first)
    expect(await fates(8)).not.toBe(first)
    expect(new Set(first.split(','))).toEqual(new Set(['lost', 'held', 'delivered']))
  })
})
