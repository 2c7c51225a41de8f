import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import mongoose, { type Connection, Types } from 'mongoose'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { bundle } from '../chaos/bundle'
import { uriOf } from '../support/database'
import { serve } from '../support/serve'
import { makePushApp, type PushKillPoint, type PushTask } from './push-app'
import { atEach, runVictim } from './victims'

vi.setConfig({ testTimeout: 240_000 })
const uri = () => uriOf('test_kill_points_push')
let victim: string
let connection: Connection
const clerks: FakeClerk[] = []
let made = 0

beforeAll(async () => {
  victim = await bundle('../kill-points/push-victim', [], 'bundle')
  connection = await mongoose.createConnection(uri()).asPromise()
  await connection.dropDatabase()
})
afterAll(async () => {
  await Promise.all(clerks.map((clerk) => clerk.close()))
  await connection.close()
})

/** Runs in a separate process. @returns its signal, and what it sent. */
async function run(task: PushTask): Promise<{ signal: string | null; sent: { command: number; request: number } }> {
  const { signal, printed } = await runVictim(victim, task)
  return { signal, sent: JSON.parse(printed || '{}') }
}

/** An app with one account and its own fake Clerk that delivers to it. */
async function setUp(isLinked: boolean) {
  const clerk = await createFakeClerk({ rateLimit: false, delivery: { schedule: [0, 50, 200] } })
  clerks.push(clerk)
  const task = {
    uri: uri(),
    collection: `killed_${++made}`,
    clerk: { secretKey: clerk.secretKey, apiUrl: clerk.url },
  }
  const hook = vi.fn()
  const options = { signingSecret: clerk.signingSecret, on: { 'user.created': hook } }
  const { users, clerkSync } = await makePushApp(connection, task, options)
  const served = await serve(toNodeHandler(clerkSync))
  const _id = new Types.ObjectId()
  const email = `person${made}@example.com`
  if (isLinked) {
    const user = clerk.users.create({ email_address: email, first_name: 'Ada', external_id: String(_id) })
    await users.collection.insertOne({ _id, email, authProvider: 'local' } as never)
    await users.upsertFromClerk(user)
    await clerkSync.push()
  } else await users.create({ _id, email, firstName: 'Ada', plan: 'pro' } as never)
  clerk.deliverTo(served.url)
  const read = () => users.collection.findOne({ _id: _id as never })
  return { clerk, task, users, clerkSync, read, hook, localId: String(_id), close: () => served.close() }
}

function killPoints({ command, request }: { command: number; request: number }): PushKillPoint[] {
  const around = (at: PushKillPoint['at'], count: number, sides: PushKillPoint['side'][]) =>
    Array.from({ length: count }, (_, nth) => sides.map((side) => ({ at, nth, side }))).flat()
  return [
    ...around('command', command, ['before', 'after']),
    ...around('request', request, ['before', 'during', 'after']),
  ]
}

/** Simulates that the lease of the killed worker has expired. */
async function endLease(app: Awaited<ReturnType<typeof setUp>>): Promise<void> {
  await app.users.collection.updateMany(
    { clerkPushLease: { $gt: '' } },
    { $set: { clerkPushLease: '000000000000.dead' } },
  )
}

it.each([
  ['', ['pro']],
  [', and a change after that', ['pro', 'team']],
] as const)(
  'a worker killed anywhere in a push%s loses nothing, restores nothing old, and repeats no effect',
  async (_, plans) => {
    const whole = await setUp(true)
    await whole.users.updateOne({}, { plan: 'pro', firstName: 'Augusta' })
    const { sent } = await run(whole.task)
    await whole.close()
    expect(sent.request).toBe(3)
    const points = killPoints(sent)
    await atEach(points, async (kill) => {
      const app = await setUp(true)
      const before = app.clerk.events().length
      await app.users.updateOne({}, { plan: 'pro', firstName: 'Augusta' })
      expect((await run({ ...app.task, kill })).signal, JSON.stringify(kill)).toBe('SIGKILL')
      if (plans.length > 1) await app.users.updateOne({}, { plan: 'team' })
      await endLease(app)
      await app.clerk.settle()
      await app.clerkSync.push()
      await app.clerk.settle()
      expect(await app.clerkSync.push(), JSON.stringify(kill)).toMatchObject({ pushed: 0, pending: 0 })
      const [user] = app.clerk.users.values()
      const doc = await app.read()
      expect(doc, JSON.stringify(kill)).toMatchObject({
        plan: plans.at(-1),
        firstName: 'Augusta',
        syncStatus: 'active',
      })
      expect(user).toMatchObject({ public_metadata: { plan: plans.at(-1) }, first_name: 'Augusta' })
      for (const path of ['clerkPushToken', 'clerkPushLease']) expect(doc).not.toHaveProperty(path)
      // Clerk must have each state once, and never an earlier one again.
      const seen = app.clerk
        .events()
        .slice(before)
        .map(({ event }) => event.data as { public_metadata?: { plan?: string }; first_name?: string })
      const states = seen.map(({ public_metadata, first_name }) => `${public_metadata?.plan ?? 'none'} ${first_name}`)
      expect(new Set(states).size, `${JSON.stringify(kill)} ${states}`).toBe(states.length)
      const planOrder = [...new Set(states.map((state) => state.split(' ')[0]))].filter((plan) => plan !== 'none')
      expect(plans.filter((plan) => planOrder.includes(plan))).toEqual(planOrder)
      await app.close()
    })
    console.log(`push: ${points.length} kill points (${sent.command} commands, ${sent.request} requests)`)
  },
)

it('a process killed anywhere in a registration leaves one linked Clerk user, and its hook runs once', async () => {
  const whole = await setUp(false)
  const { sent } = await run({ ...whole.task, register: whole.localId })
  await whole.close()
  expect(sent.request).toBe(2)
  const points = killPoints(sent)
  let linkedByEvent = 0
  await atEach(points, async (kill) => {
    const app = await setUp(false)
    // Every other time the message arrives afterwards.
    if (kill.nth % 2) app.clerk.misbehave(() => ({ hold: true }))
    expect((await run({ ...app.task, register: app.localId, kill })).signal, JSON.stringify(kill)).toBe('SIGKILL')
    if (kill.nth % 2 === 0) await app.clerk.settle()
    if ((await app.read())?.clerkId) linkedByEvent++
    await app.clerkSync.registerClerkUser({ _id: app.localId })
    app.clerk.misbehave(undefined)
    app.clerk.release()
    await app.clerk.settle()
    await app.clerkSync.push()
    await app.clerk.settle()
    const [user] = app.clerk.users.values()
    expect(app.clerk.users.size, JSON.stringify(kill)).toBe(1)
    expect(await app.users.countDocuments(), JSON.stringify(kill)).toBe(1)
    expect(await app.read(), JSON.stringify(kill)).toMatchObject({
      clerkId: user?.id,
      authProvider: 'clerk',
      syncStatus: 'active',
    })
    expect(user).toMatchObject({ external_id: app.localId, first_name: 'Ada', public_metadata: { plan: 'pro' } })
    expect(app.hook.mock.calls.length, JSON.stringify(kill)).toBe(1)
    await app.close()
  })
  console.log(
    `register: ${points.length} kill points (${sent.command} commands, ${sent.request} requests), ${linkedByEvent} linked before the repeat`,
  )
})
