import { expect, it, vi } from 'vitest'
import { until, usePushes } from './push-setup'

vi.setConfig({ testTimeout: 180_000 })
const setup = usePushes('jobs_push_loop')
const { clerkSync, signUp, change, sent } = setup
const CHANGES = 100
const WATCHED_MS = 10_000

it('100 local changes cause at most 100 pushes, their events change nothing, and no more requests follow', async () => {
  const ids = await signUp(20)
  const hook = vi.fn()
  const options = { on: { 'user.updated': hook }, instanceId: setup.clerk.instanceId }
  await setup.deliver(options)
  const workers = [1, 2].map(() => clerkSync(options).startPushWorker({ pollMs: 250, stopOnSigterm: false }))
  const last = new Map<string, string>()
  for (let i = 0; i < CHANGES; i++) {
    const id = ids[(i * 7) % ids.length] ?? ''
    last.set(id, `plan ${i}`)
    await change(id, { plan: `plan ${i}` })
  }
  const isInStep = () => [...last].every(([id, plan]) => setup.clerk.users.get(id)?.public_metadata.plan === plan)
  await until(isInStep, 60_000)
  await until(async () => (await setup.users.countDocuments({ syncStatus: 'pending' })) === 0)
  await setup.clerk.settle()
  const pushes = sent().length
  const [requests, deliveries] = [setup.clerk.requests.length, setup.clerk.deliveries.length]
  const documents = await setup.users.collection.find().toArray()
  await new Promise((resume) => setTimeout(resume, WATCHED_MS))
  await Promise.all(workers.map((worker) => worker.stop()))
  console.log(
    `loop: ${CHANGES} changes of 20 users, 2 workers: ${pushes} pushes, ${requests} requests, ${deliveries} deliveries, ` +
      `${hook.mock.calls.length} hooks; in the ${WATCHED_MS / 1000} s after that ${setup.clerk.requests.length - requests} requests`,
  )
  expect(pushes).toBeLessThanOrEqual(CHANGES)
  expect(pushes).toBeGreaterThanOrEqual(20)
  expect(setup.clerk.requests).toHaveLength(requests)
  expect(setup.clerk.deliveries).toHaveLength(deliveries)
  expect(deliveries).toBe(pushes)
  expect(await setup.users.collection.find().toArray()).toEqual(documents)
  expect(documents.every(({ syncStatus }) => syncStatus === 'active')).toBe(true)
})
