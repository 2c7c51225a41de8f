import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createFakeClerk } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PushStore } from '../../../src/store/push-store'
import { queueOf } from '../../mongoose/push/queue'
import { uriOf } from '../../support/database'
import { startMongoProxy } from '../../support/proxy'
import { storeLike } from '../jobs-setup'
import { until, usePushes } from './push-setup'

vi.setConfig({ testTimeout: 90_000 })
const setup = usePushes('jobs_push_worker')
const { clerkSync, signUp, change, read, sent } = setup
const planOf = (id: string) => setup.clerk.users.get(id)?.public_metadata.plan
const workers: { stop(): Promise<void> }[] = []
const onError = vi.fn()
beforeEach(() => {
  onError.mockReset()
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
})

function start(options: Parameters<ReturnType<typeof clerkSync>['startPushWorker']>[0], sync = clerkSync({ onError })) {
  const worker = sync.startPushWorker({ stopOnSigterm: false, ...options })
  workers.push(worker)
  return worker
}

/** The model with some methods of its queue replaced. */
function withQueue(changes: (real: PushStore) => Partial<PushStore>) {
  const real = queueOf(setup.users)
  const pushes = () => ({ ...real, ...changes(real) })
  return clerkSync({ users: storeLike(setup.users, { pushes }), onError })
}

describe('a worker', () => {
  it('pushes what is due when it starts, and wakes by the change stream before its next poll', async () => {
    const [id = '', other = ''] = await signUp(2)
    await change(other, { plan: 'team' })
    start({ pollMs: 600_000 })
    await until(() => planOf(other) === 'team')
    // The stream takes a moment to be there; the worker looks once more for what came before it.
    await new Promise((resume) => setTimeout(resume, 3_000))
    await change(id, { plan: 'pro' })
    await until(() => planOf(id) === 'pro')
    await until(async () => (await read(id))?.syncStatus === 'active')
  })

  it('polls if the server has no change streams', async () => {
    const [id = ''] = await signUp()
    const watch = vi.fn(async () => false)
    start(
      { pollMs: 300 },
      withQueue(() => ({ watch })),
    )
    await new Promise((resume) => setTimeout(resume, 2_500))
    await change(id, { plan: 'pro' })
    await until(() => planOf(id) === 'pro')
    // Not again at every look.
    expect(watch).toHaveBeenCalledOnce()
    expect(onError).not.toHaveBeenCalled()
  })

  it('returns in time to users that it put off, however seldom it polls', async () => {
    const [id = ''] = await signUp()
    start({ pollMs: 600_000 })
    await change(id, { plan: 'a' })
    await until(() => planOf(id) === 'a')
    await change(id, { plan: 'b' })
    await until(() => planOf(id) === 'b')
  })

  it('reports progress', async () => {
    const ids = await signUp(3)
    const told: number[] = []
    start({ pollMs: 200, onProgress: ({ pushed }) => told.push(pushed) })
    for (const id of ids) {
      await change(id, { plan: 'pro' })
      await until(() => planOf(id) === 'pro')
    }
    await until(() => told.at(-1) === 3)
    expect(told).toEqual([1, 2, 3])
  })

  it('sends no request to Clerk while nothing changes', async () => {
    await signUp(3)
    start({ pollMs: 50 }, clerkSync({ instanceId: setup.clerk.instanceId }))
    await until(() => setup.clerk.requests.length > 0)
    await new Promise((resume) => setTimeout(resume, 1_500))
    expect(setup.clerk.requests.map(({ path }) => path)).toEqual(['/instance'])
  })

  it('continues after an outage of Clerk', async () => {
    const ids = await signUp(12)
    const { secretKey, port } = setup.clerk
    const users = [...setup.clerk.users.values()]
    await setup.clerk.close()
    start({ pollMs: 300 })
    for (const id of ids) await change(id, { plan: 'pro' })
    await until(async () => (await setup.users.countDocuments({ clerkPushToken: /^b/ })) >= 8)
    setup.clerk = await createFakeClerk({ secretKey, port, rateLimit: false })
    setup.clerk.seed(users)
    const skip = [
      { $set: { clerkPushToken: { $concat: ['b000000000000', { $substrCP: ['$clerkPushToken', 13, 60] }] } } },
    ]
    // Simulates that the delays are over.
    await setup.users.collection.updateMany({ clerkPushToken: /^b/ }, skip)
    await until(() => ids.every((id) => planOf(id) === 'pro'), 60_000)
    await until(async () => (await setup.users.countDocuments({ syncStatus: 'active' })) === 12)
  })

  it('continues after an outage of the database, and calls onError', async () => {
    const proxy = await startMongoProxy()
    const connection = await mongoose
      .createConnection(proxy.uri('test_jobs_push_worker'), { serverSelectionTimeoutMS: 500 })
      .asPromise()
    try {
      const [id = ''] = await signUp()
      const { schema, modelName } = setup.users
      const users = connection.model(modelName, schema.clone())
      await users.init()
      start({ pollMs: 300 }, clerkSync({ users, onError }))
      await change(id, { plan: 'a' })
      await until(async () => planOf(id) === 'a' && (await read(id))?.syncStatus === 'active')
      proxy.cut()
      await until(() => onError.mock.calls.length > 0)
      await change(id, { plan: 'b' })
      proxy.mend()
      await until(() => planOf(id) === 'b', 60_000)
    } finally {
      await Promise.all(workers.splice(0).map((worker) => worker.stop()))
      await connection.close()
      await proxy.close()
    }
  })

  it('calls onError for a wrong key, and keeps trying', async () => {
    const [id = ''] = await signUp()
    await change(id, { plan: 'pro' })
    start({ pollMs: 100 }, clerkSync({ onError, clerk: { secretKey: 'sk_test_wrong', apiUrl: setup.clerk.url } }))
    await until(() => onError.mock.calls.length > 1)
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: 'clerk_key_invalid' })
    expect(await read(id)).toMatchObject({ syncStatus: 'pending' })
  })
})

describe('a worker that is stopped', () => {
  it('finishes current calls, and releases what Clerk has not answered', async () => {
    const ids = await signUp(3)
    const [sending = '', looking = ''] = ids
    setup.clerk.failNext({ status: 'hang', method: 'GET', path: `/users/${looking}` })
    const worker = start({ pollMs: 100 })
    for (const id of ids) await change(id, { plan: 'pro' })
    await until(() => setup.clerk.requests.some(({ path }) => path === `/users/${looking}`))
    await until(() => planOf(sending) === 'pro')
    const begun = Date.now()
    await worker.stop()
    expect(Date.now() - begun).toBeLessThan(4_000)
    expect(planOf(looking)).toBeUndefined()
    expect(await setup.users.countDocuments({ clerkPushLease: { $exists: true } })).toBe(0)
    expect(await read(looking)).toMatchObject({
      syncStatus: 'pending',
      clerkPushToken: expect.stringMatching(/^a.*\.0$/),
    })
    expect(await read(sending)).toMatchObject({ syncStatus: 'active' })
  })

  it('sends nothing afterwards', async () => {
    const [id = ''] = await signUp()
    const worker = start({ pollMs: 50 })
    await worker.stop()
    await worker.stop()
    await change(id, { plan: 'pro' })
    await new Promise((resume) => setTimeout(resume, 500))
    expect(sent()).toEqual([])
  })

  it('can be stopped by an AbortSignal, also by one that was aborted before', async () => {
    const [id = ''] = await signUp()
    const stopping = new AbortController()
    start({ pollMs: 50, signal: stopping.signal })
    start({ pollMs: 50, signal: AbortSignal.abort() })
    stopping.abort()
    await new Promise((resume) => setTimeout(resume, 300))
    await change(id, { plan: 'pro' })
    await new Promise((resume) => setTimeout(resume, 500))
    expect(sent()).toEqual([])
  })

  it('leaves no listener for SIGTERM', async () => {
    const before = process.listenerCount('SIGTERM')
    const [one, two] = [start({ stopOnSigterm: true }), start({ stopOnSigterm: true })]
    expect(process.listenerCount('SIGTERM')).toBe(before + 1)
    await one.stop()
    expect(process.listenerCount('SIGTERM')).toBe(before + 1)
    await two.stop()
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })
})

describe('SIGTERM', () => {
  const worker = fileURLToPath(new URL('./worker-process.ts', import.meta.url))
  const tsx = fileURLToPath(import.meta.resolve('tsx'))
  const children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  async function startProcess(...flags: string[]) {
    const { secretKey, url } = setup.clerk
    const task = {
      uri: uriOf('test_jobs_push_worker'),
      collection: setup.users.collection.name,
      clerk: { secretKey, apiUrl: url },
    }
    const child = spawn(process.execPath, ['--import', tsx, worker, JSON.stringify(task), ...flags])
    children.push(child)
    let out = ''
    child.stdout.on('data', (text) => {
      out += text
    })
    child.stderr.on('data', (text) => {
      out += text
    })
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal })),
    )
    await until(() => out.includes('ready'), 30_000)
    return { child, ended, out: () => out }
  }

  it('ends the process with its signal after the claims are released', async () => {
    const [id = ''] = await signUp()
    setup.clerk.failNext({ status: 'hang', method: 'GET', path: `/users/${id}`, times: 10 })
    await change(id, { plan: 'pro' })
    const { child, ended } = await startProcess()
    await until(async () => (await read(id))?.clerkPushLease)
    const begun = Date.now()
    child.kill('SIGTERM')
    expect(await ended).toEqual({ code: null, signal: 'SIGTERM' })
    expect(Date.now() - begun).toBeLessThan(8_000)
    expect(await read(id)).not.toHaveProperty('clerkPushLease')
    expect(await read(id)).toMatchObject({ syncStatus: 'pending', clerkPushToken: expect.stringMatching(/^a.*\.0$/) })
  })

  it('is left to the app if the app listens for it', async () => {
    const { child, ended } = await startProcess('graceful')
    child.kill('SIGTERM')
    expect(await ended).toEqual({ code: 7, signal: null })
  })
})
