import type { ClerkWebhookEvent } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { type Connection } from 'mongoose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../chaos/bundle'
import { uriOf } from '../support/database'
import { type Delivery, type KillPoint, makeApp } from './app'
import { atEach, runVictim } from './victims'

const uri = () => uriOf('test_kill_points')
let victim: string
let connection: Connection
let app: Awaited<ReturnType<typeof makeApp>>

beforeAll(async () => {
  victim = await bundle('../kill-points/victim', [], 'bundle')
  connection = await mongoose.createConnection(uri()).asPromise()
  await connection.dropDatabase()
  app = await makeApp(connection)
})
afterAll(() => connection.close())

/** Delivers in a separate process. @returns its signal, and the number of commands it sent. */
async function deliver(delivery: Omit<Delivery, 'uri'>): Promise<{ signal: string | null; commands: number }> {
  const { signal, printed } = await runVictim(victim, { ...delivery, uri: uri() })
  return { signal, commands: Number(printed) }
}

interface Kind {
  before: ClerkWebhookEvent[]
  event: ClerkWebhookEvent
}

const kinds: Record<string, () => Kind> = {
  'user.created': () => ({ before: [], event: fixtures.userCreated() }),
  'user.updated': () => {
    const created = fixtures.userCreated()
    return { before: [created], event: fixtures.userUpdated(created.data) }
  },
  'user.deleted': () => {
    const created = fixtures.userCreated()
    return { before: [created], event: fixtures.userDeleted(created.data) }
  },
  'session.created': () => ({ before: [], event: fixtures.sessionCreated() }),
}

let messages = 0

describe.each(Object.entries(kinds))('a process killed anywhere in %s', (type, makeKind) => {
  it('loses nothing: the redelivery restores state and hook, and the next one changes nothing', {
    timeout: 120_000,
  }, async () => {
    const whole = makeKind()
    for (const event of whole.before) await app.sync(event, { messageId: `msg_k${++messages}` })
    const { commands } = await deliver({ event: whole.event, messageId: `msg_k${++messages}` })
    expect(commands).toBeGreaterThanOrEqual(2)
    const points: KillPoint[] = [
      ...Array.from({ length: commands }, (_, nth) => [
        { at: 'command', nth, side: 'before' } as const,
        { at: 'command', nth, side: 'after' } as const,
      ]).flat(),
      { at: 'hook', side: 'start' },
      { at: 'hook', side: 'end' },
      { at: 'answer' },
    ]
    const runs = await atEach(points, (point) => killAt(point, makeKind()))
    const twice = points.filter((_, i) => runs[i] === 2)
    console.log(
      `${type}: ${points.length} kill points; its hook ran once at ${points.length - twice.length}, twice at ${twice.length}`,
    )
    expect(runs.every((count) => count === 1 || count === 2)).toBe(true)
    // Twice only if it was killed after the hook completed and before that was recorded.
    expect(twice).toContainEqual({ at: 'hook', side: 'end' })
    for (const point of twice) expect(isBetweenHookAndRecord(point, commands, type), JSON.stringify(point)).toBe(true)
  })
})

async function killAt(kill: KillPoint, { before, event }: Kind): Promise<number> {
  const messageId = `msg_k${++messages}`
  for (const earlier of before) await app.sync(earlier, { messageId: `msg_k${++messages}` })
  expect((await deliver({ event, messageId, kill })).signal, JSON.stringify(kill)).toBe('SIGKILL')
  await app.sync(event, { messageId })
  const runs = await connection.collection('hook_runs').countDocuments({ messageId })
  await app.sync(event, { messageId })
  expect(await connection.collection('hook_runs').countDocuments({ messageId })).toBe(runs)
  const doc = await connection.collection('killedusers').findOne({ clerkId: String(event.data.id) })
  if (event.type === 'user.deleted') expect(doc).toMatchObject({ syncError: 'deleted' })
  else if (event.type !== 'session.created') expect(doc).toMatchObject({ firstName: 'Ada', syncStatus: 'active' })
  for (const path of ['clerkHooksDue', 'clerkPendingType']) expect(doc ?? {}).not.toHaveProperty(path)
  return runs
}

/** The log entry is the record. It is the last command of an event about no user; of others, the one before the mark is removed. */
function isBetweenHookAndRecord(point: KillPoint, commands: number, type: string): boolean {
  if (point.at === 'hook') return point.side === 'end'
  const record = type === 'session.created' ? commands - 1 : commands - 2
  return point.at === 'command' && point.side === 'before' && point.nth === record
}
