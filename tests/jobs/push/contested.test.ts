import { buffer } from 'node:stream/consumers'
import type { ClerkSyncOptions } from 'clerk-mongo-sync'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defaultDefinition, type TestModel, useDatabase } from '../../support/database'
import { type Served, serve } from '../../support/serve'
import { until, usePushes } from './push-setup'

vi.setConfig({ testTimeout: 120_000 })
const setup = usePushes('jobs_push_contested')
const { clerkSync, signUp, change, read, sent } = setup
const otherDb = useDatabase('jobs_push_contested_other')
const push = { publicMetadata: ['plan'], profile: ['lastName'] } as const
const planOf = (id: string) => setup.clerk.users.get(id)?.public_metadata.plan

let others: TestModel
let endpoint: Served
let workers: { stop(): Promise<void> }[] = []
const errors: unknown[] = []
const lines: string[] = []
const logger = { debug() {}, info() {}, warn: note, error: note }
function note(_fields: object, message: string) {
  lines.push(message)
}

const options = (): Partial<ClerkSyncOptions> => ({
  instanceId: setup.clerk.instanceId,
  logger,
  onError: (error) => void errors.push(error),
})
const otherSync = () => clerkSync({ users: others, ...options() })

beforeEach(async () => {
  errors.length = 0
  lines.length = 0
  setup.users = await setup.db.users({ definition: defaultDefinition, push })
  others = await otherDb.users({ definition: defaultDefinition, push })
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
  await endpoint?.close()
})

/** Both databases receive every event of Clerk, and push to it. */
async function startBoth(): Promise<void> {
  const syncs = [clerkSync(options()), otherSync()]
  endpoint = await serve(async (request, response) => {
    const body = await buffer(request)
    const { url } = endpoint
    const headers = request.headers as Record<string, string>
    const answers = await Promise.all(
      syncs.map((sync) => sync.handler(new Request(url, { method: 'POST', headers, body }))),
    )
    response.writeHead(Math.max(...answers.map(({ status }) => status))).end()
  })
  setup.clerk.deliverTo(endpoint.url)
  workers = syncs.map((sync) => sync.startPushWorker({ pollMs: 100, stopOnSigterm: false }))
}

/** A user that both databases have. */
async function signUpInBoth(): Promise<string> {
  const [id = ''] = await signUp()
  await others.collection.insertOne({ ...(await read(id)) } as never)
  return id
}

const readOther = (id: string) => others.collection.findOne({ clerkId: id })
const contested = async (id: string) =>
  [await read(id), await readOther(id)].filter((doc) => doc?.syncError === 'push_contested')

async function comesToRest(id: string): Promise<void> {
  await until(async () => (await contested(id)).length > 0, 60_000)
  await until(async () => {
    const docs = [await read(id), await readOther(id)]
    return docs.every((doc) => !doc?.clerkPushLease && !(String(doc?.clerkPushToken ?? 'f') < 'f'))
  })
  await setup.clerk.settle()
}

/** Both databases write different values for one user, until no work is left. @returns its id */
async function writeInBoth(): Promise<string> {
  const id = await signUpInBoth()
  await startBoth()
  await change(id, { plan: 'ours' })
  await others.updateOne({ clerkId: id }, { plan: 'theirs' } as never)
  await comesToRest(id)
  return id
}

describe('two databases that push to one Clerk instance', () => {
  it('stop after a few rounds: one gives up and reports it, and no more requests follow', async () => {
    const id = await writeInBoth()
    expect(sent().length).toBeLessThanOrEqual(9)
    expect(await contested(id)).toHaveLength(1)
    expect(await contested(id)).toMatchObject([{ syncStatus: 'error', syncError: 'push_contested' }])
    expect(errors).toMatchObject([{ code: 'push_contested', message: expect.stringContaining('another database') }])
    expect(lines.filter((line) => line.includes('another database'))).toHaveLength(1)
    const [requests, deliveries] = [setup.clerk.requests.length, setup.clerk.deliveries.length]
    // Longer than two pushes of one user are apart.
    await new Promise((resume) => setTimeout(resume, 6_000))
    expect(setup.clerk.requests).toHaveLength(requests)
    expect(setup.clerk.deliveries).toHaveLength(deliveries)
    expect(errors).toHaveLength(1)
  })

  it('try again after the next write of the app, and by a comparison', async () => {
    const id = await writeInBoth()
    await Promise.all(workers.splice(0).map((worker) => worker.stop()))
    const [loser, model, sync] = (await read(id))?.syncError
      ? ([read, setup.users, clerkSync(options())] as const)
      : ([readOther, others, otherSync()] as const)
    const wanted = (await loser(id))?.plan
    expect(planOf(id)).not.toBe(wanted)
    expect(await sync.push()).toMatchObject({ pushed: 0, unchanged: 0, pending: 0 })
    expect(await sync.status()).toMatchObject({ inError: [{ clerkId: id, syncError: 'push_contested' }] })
    expect(await sync.push({ compare: true })).toMatchObject({ pushed: 1, failed: 0 })
    expect(planOf(id)).toBe(wanted)
    expect(await loser(id)).toMatchObject({ syncStatus: 'active' })
    expect(await loser(id)).not.toHaveProperty('syncError')
    await model.collection.updateOne(
      { clerkId: id },
      { $set: { syncStatus: 'error', syncError: 'push_contested', clerkPushToken: 'f00.0.0.found' } },
    )
    await model.updateOne({ clerkId: id }, { plan: 'again' } as never)
    expect(await sync.push()).toMatchObject({ pushed: 1 })
    expect(planOf(id)).toBe('again')
    expect(await loser(id)).toMatchObject({ syncStatus: 'active' })
    expect(await loser(id)).not.toHaveProperty('clerkPushReverted')
  })
})

it('a single change in the Clerk dashboard is overwritten, and nothing is contested', async () => {
  const id = await signUpInBoth()
  await startBoth()
  await change(id, { plan: 'ours' })
  await until(() => planOf(id) === 'ours')
  // The other database must have it first, as the first value it receives becomes its own.
  await until(async () => (await readOther(id))?.plan === 'ours')
  setup.clerk.users.mergeMetadata(id, { public_metadata: { plan: 'by hand' } })
  await until(() => planOf(id) === 'ours')
  await until(async () => (await read(id))?.syncStatus === 'active')
  await setup.clerk.settle()
  expect(await readOther(id)).toMatchObject({ syncStatus: 'active', plan: 'ours' })
  expect(errors).toEqual([])
})
