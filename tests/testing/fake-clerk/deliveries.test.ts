import { verifyWebhook } from '@clerk/backend/webhooks'
import { verifyClerkWebhook } from 'clerk-mongo-sync'
import { createFakeClerk } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { receive } from './receiver'
import { states, useDeliveries } from './use-deliveries'

const { open, world } = useDeliveries()
const quick = { schedule: [0, 5, 5, 5] }
describe('a delivery', () => {
  it('is accepted by verifyWebhook of Clerk, and by ours', async () => {
    const { clerk, receiver } = await world()
    const user = clerk.users.create({ first_name: 'Ada' })
    await clerk.settle()
    const [arrival] = receiver.arrivals
    const headers = arrival?.headers as Record<string, string>
    const { signingSecret } = clerk
    const request = new Request('http://localhost/hook', { method: 'POST', headers, body: arrival?.body ?? '' })
    expect(await verifyWebhook(request, { signingSecret })).toMatchObject({
      type: 'user.created',
      data: { id: user.id },
    })
    const event = await verifyClerkWebhook(arrival?.body ?? '', headers, { signingSecret })
    expect(event).toMatchObject({ messageId: arrival?.id, data: user, instance_id: clerk.instanceId })
    expect(states(clerk)).toEqual(['delivered'])
    expect(clerk.deliveries).toMatchObject([
      {
        messageId: arrival?.id,
        url: `${receiver.url}/hook`,
        attempt: 1,
        status: 200,
        response: 'answered 200',
        isDelivered: true,
      },
    ])
  })

  it('has the state at the time of the event, however late it is sent', async () => {
    const { clerk, receiver } = await world(undefined, { schedule: [30] })
    const { id } = clerk.users.create({ first_name: 'Ada' })
    clerk.users.update(id, { first_name: 'Grace' })
    await clerk.settle()
    const names = receiver.arrivals.map(({ body }) => JSON.parse(body).data.first_name)
    expect(names.sort()).toEqual(['Ada', 'Grace'])
  })

  it('is retried under the same id with a new signature until it succeeds', async () => {
    const { clerk, receiver } = await world((_, __, nth) => (nth < 3 ? 500 : 204), { schedule: [0, 1_100, 0, 0] })
    clerk.users.create()
    await clerk.settle()
    expect(clerk.deliveries.map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 500],
      [2, 500],
      [3, 204],
    ])
    const sent = receiver.arrivals.map(({ headers }) => headers)
    expect(new Set(sent.map((headers) => headers['svix-id'])).size).toBe(1)
    expect(Number(sent[1]?.['svix-timestamp'])).toBeGreaterThan(Number(sent[0]?.['svix-timestamp']))
    expect(sent[1]?.['svix-signature']).not.toBe(sent[0]?.['svix-signature'])
  })

  it.each([302, 400, 401, 404, 500])(
    'answered %s has failed, and is given up after the last attempt',
    async (status) => {
      const { clerk, receiver } = await world((_, response) => {
        response.setHeader('location', '/elsewhere')
        return status
      }, quick)
      clerk.users.create()
      await clerk.settle()
      expect(receiver.arrivals).toHaveLength(4)
      expect(receiver.arrivals.every(({ type }) => type === 'user.created')).toBe(true)
      expect(states(clerk)).toEqual(['failed'])
    },
  )

  it('has failed if no answer comes in time, or the connection breaks', async () => {
    const { clerk } = await world(
      (_, response, nth) => {
        if (nth === 2) response.socket?.destroy()
        return nth > 2 ? 200 : undefined
      },
      { ...quick, timeoutMs: 100 },
    )
    clerk.users.create()
    await clerk.settle()
    const [late, broken, good] = clerk.deliveries
    expect(late).toMatchObject({ error: 'no answer within 100 ms', isDelivered: false })
    expect(late).not.toHaveProperty('status')
    expect(broken?.error).toMatch(/\(.+\)/)
    expect(good).toMatchObject({ status: 200, attempt: 3 })
  })

  it('has failed if nothing listens', async () => {
    const { clerk, receiver } = await world(undefined, { schedule: [0, 0] })
    await receiver.close()
    open.pop()
    clerk.users.create()
    await clerk.settle()
    expect(clerk.deliveries.map(({ error }) => error)).toEqual(Array(2).fill(expect.stringContaining('ECONNREFUSED')))
  })

  it('is retried on the schedule of Svix by default, or faster by a given factor', async () => {
    const { clerk } = await world(() => 500, { speed: 1e9 })
    clerk.users.create()
    await clerk.settle()
    expect(clerk.deliveries).toHaveLength(8)
  })

  it('is not retried if the receiver says so', async () => {
    const { clerk, receiver } = await world((_, response) => {
      response.setHeader('webhook-delivery', 'abort-message')
      return 500
    }, quick)
    clerk.users.create()
    clerk.users.create()
    await clerk.settle()
    expect(receiver.arrivals).toHaveLength(2)
    expect(states(clerk)).toEqual(['aborted', 'aborted'])
  })

  it('is the last one if the receiver disables itself, until it has an address again', async () => {
    const { clerk, receiver } = await world((_, response, nth) => {
      if (nth === 1) response.setHeader('webhook-delivery', 'disable')
      return nth === 1 ? 500 : 200
    }, quick)
    clerk.users.create()
    await clerk.settle()
    clerk.users.create()
    await clerk.settle()
    expect(states(clerk)).toEqual(['aborted', 'unsent'])
    clerk.deliverTo(receiver.url)
    clerk.users.create()
    await clerk.settle()
    expect(states(clerk).at(-1)).toBe('delivered')
  })

  it('waits without an address, and can be sent later', async () => {
    const clerk = await createFakeClerk()
    const receiver = await receive()
    open.push(clerk, receiver)
    clerk.users.create()
    await clerk.settle()
    clerk.deliverTo(receiver.url)
    expect(states(clerk)).toEqual(['unsent'])
    clerk.resend(clerk.events()[0]?.messageId ?? '')
    await clerk.settle()
    expect([receiver.arrivals.length, states(clerk)]).toEqual([1, ['delivered']])
    expect(() => clerk.resend('msg_none')).toThrow('no message')
  })

  it('can be sent again from the dashboard: the old event under the old id', async () => {
    const { clerk, receiver } = await world()
    const { id } = clerk.users.create({ first_name: 'Ada' })
    clerk.users.update(id, { first_name: 'Grace' })
    await clerk.settle()
    clerk.resend(clerk.events()[0]?.messageId ?? '')
    await clerk.settle()
    const [again] = receiver.arrivals.slice(-1)
    expect(again).toMatchObject({ id: clerk.events()[0]?.messageId, type: 'user.created' })
    expect(JSON.parse(again?.body ?? '').data.first_name).toBe('Ada')
  })

  it('does not block others while it waits, within the limit of concurrency', async () => {
    let [active, most] = [0, 0]
    const { clerk, receiver } = await world(
      (_, response) => {
        most = Math.max(most, ++active)
        setTimeout(() => {
          active -= 1
          response.writeHead(200).end()
        }, 20)
        return undefined
      },
      { concurrency: 3 },
    )
    for (let i = 0; i < 12; i += 1) clerk.users.create()
    await clerk.settle()
    expect([most, receiver.arrivals.length]).toEqual([3, 12])
  })
})

it('closing the fake Clerk ends the deliveries in progress', async () => {
  const { clerk } = await world(() => undefined, { schedule: [0, 60_000] })
  clerk.users.create()
  const settled = clerk.settle()
  await clerk.close()
  open.splice(open.indexOf(clerk), 1)
  await settled
  await expect(fetch(clerk.url)).rejects.toThrow()
})

it('many deliveries in progress cause no leak warning in Node', async () => {
  const { clerk } = await world(() => 200, { concurrency: 40 })
  const warnings: string[] = []
  const note = ({ name }: Error) => void warnings.push(name)
  process.on('warning', note)
  for (let i = 0; i < 40; i += 1) clerk.users.create()
  await clerk.settle()
  process.off('warning', note)
  expect(warnings).toEqual([])
})
