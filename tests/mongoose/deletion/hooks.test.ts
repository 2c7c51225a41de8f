import { type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { gateBefore } from '../../support/gate'

const db = useDatabase('hooks')
let messages = 0
const next = () => ({ messageId: `msg_${++messages}` })
const raw = (users: TestModel, clerkId: string) => users.collection.findOne({ clerkId })
const grave = (users: TestModel, clerkId: string) => {
  const { tombstones } = users.schema.get('clerkSync' as never) as { tombstones: string }
  return users.db.collection(tombstones).findOne({ _id: clerkId as never })
}

interface Call {
  type: string
  messageId: string | undefined
  outcome: string
  email: unknown
}

/** A model, and an app whose hooks record their calls, and fail if their type is in `failing`. */
async function setUp(
  options: Partial<ClerkSyncOptions> = {},
  types = ['user.created', 'user.updated', 'user.deleted'],
) {
  const users = await db.users()
  const calls: Call[] = []
  const failing = new Set<string>()
  const hook = async (context: {
    event: { type: string }
    user: unknown
    outcome: string
    messageId: string | undefined
  }) => {
    const { event, user, outcome, messageId } = context
    if (failing.has(event.type)) throw new Error('the mail server is away')
    calls.push({ type: event.type, messageId, outcome, email: (user as { email?: string } | null)?.email })
  }
  const on = Object.fromEntries(types.map((type) => [type, hook]))
  const clerkSync = createClerkSync({ users, on, ...options } as ClerkSyncOptions)
  return { users, calls, failing, clerkSync }
}

describe('a hook', () => {
  it('runs once per applied event, with the stored document, and leaves no mark', async () => {
    const { users, calls, clerkSync } = await setUp()
    const { data } = fixtures.userCreated(fixtures.user({ email: 'hooked@example.com' }))
    const [created, updated, deleted] = [next(), next(), next()]
    const change = fixtures.userUpdated(data, { email: 'changed@example.com' })
    for (const twice of [1, 2]) {
      await clerkSync.sync(fixtures.userCreated(data), created)
      await clerkSync.sync(change, updated)
      await clerkSync.sync(fixtures.userDeleted(data), deleted)
      expect(calls, `time ${twice}`).toEqual([
        { type: 'user.created', ...created, outcome: 'created', email: 'hooked@example.com' },
        { type: 'user.updated', ...updated, outcome: 'updated', email: 'changed@example.com' },
        { type: 'user.deleted', ...deleted, outcome: 'deleted', email: 'changed@example.com' },
      ])
    }
    for (const path of ['clerkHooksDue', 'clerkPendingType']) expect(await raw(users, data.id)).not.toHaveProperty(path)
    expect((await grave(users, data.id))?.models[users.collection.name].hooksDue).toEqual(['onDelete'])
  })

  it('does not run for an event that is stale, or a duplicate of another message', async () => {
    const { calls, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    const newer = fixtures.userUpdated(data, { updated_at: (data.updated_at as number) + 9_000 })
    for (const event of [fixtures.userCreated(data), newer]) await clerkSync.sync(event, next())
    calls.length = 0
    for (const event of [fixtures.userUpdated(data), newer, fixtures.userCreated(data)])
      await clerkSync.sync(event, next())
    expect(calls).toEqual([])
  })

  it('runs again at the redelivery if it failed, although the write is a duplicate then', async () => {
    const { users, calls, failing, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    const message = next()
    failing.add('user.created')
    await expect(clerkSync.sync(fixtures.userCreated(data), message)).rejects.toMatchObject({ code: 'hook_failed' })
    expect((await raw(users, data.id))?.clerkHooksDue).toEqual([message.messageId])
    failing.clear()
    expect((await clerkSync.sync(fixtures.userCreated(data), message)).outcome).toBe('duplicate')
    expect(calls).toMatchObject([{ type: 'user.created', ...message }])
    expect(await raw(users, data.id)).not.toHaveProperty('clerkHooksDue')
    await clerkSync.sync(fixtures.userCreated(data), message)
    expect(calls).toHaveLength(1)
  })

  it('runs again for its own message if it failed and a newer event was applied in between', async () => {
    const { users, calls, failing, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    const [created, updated] = [next(), next()]
    failing.add('user.created').add('user.updated')
    const later = fixtures.userUpdated(data)
    await expect(clerkSync.sync(fixtures.userCreated(data), created)).rejects.toThrow()
    await expect(clerkSync.sync(later, updated)).rejects.toThrow()
    expect((await raw(users, data.id))?.clerkHooksDue).toEqual([created.messageId, updated.messageId])
    failing.clear()
    expect((await clerkSync.sync(fixtures.userCreated(data), created)).outcome).toBe('stale')
    expect((await clerkSync.sync(later, updated)).outcome).toBe('duplicate')
    expect(calls.map(({ messageId }) => messageId)).toEqual([created.messageId, updated.messageId])
    expect((await raw(users, data.id))?.clerkHooksDue ?? []).toEqual([])
  })

  it.each(['soft', 'hard', 'anonymize'] as const)(
    'runs again if it failed and the user was deleted (%s) in between',
    async (onDelete) => {
      const { calls, failing, clerkSync } = await setUp({ onDelete })
      const { data } = fixtures.userCreated()
      const [created, deleted] = [next(), next()]
      failing.add('user.created').add('user.deleted')
      await expect(clerkSync.sync(fixtures.userCreated(data), created)).rejects.toThrow()
      await expect(clerkSync.sync(fixtures.userDeleted(data), deleted)).rejects.toThrow()
      failing.clear()
      expect((await clerkSync.sync(fixtures.userCreated(data), created)).outcome).toBe('stale')
      expect((await clerkSync.sync(fixtures.userDeleted(data), deleted)).outcome).toBe('duplicate')
      for (const _ of [1, 2]) {
        await clerkSync.sync(fixtures.userCreated(data), created)
        await clerkSync.sync(fixtures.userDeleted(data), deleted)
      }
      expect(calls.map(({ type, messageId }) => [type, messageId])).toEqual([
        ['user.created', created.messageId],
        ['user.deleted', deleted.messageId],
      ])
      if (onDelete === 'hard') expect(calls[1]?.email).toBeUndefined()
    },
  )

  it('runs for the first of two messages about one deletion', async () => {
    const { calls, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    for (const message of [next(), next()]) await clerkSync.sync(fixtures.userDeleted(data), message)
    expect(calls).toHaveLength(1)
  })

  it('does not run for a user that was deleted before user.created arrived', async () => {
    const { users, calls, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    const message = next()
    await clerkSync.sync(fixtures.userDeleted(data), next())
    calls.length = 0
    for (const _ of [1, 2]) expect((await clerkSync.sync(fixtures.userCreated(data), message)).outcome).toBe('stale')
    const dead = fixtures.user()
    await clerkSync.sync(fixtures.userDeleted(dead), next())
    calls.length = 0
    const died = {
      clerkId: dead.id,
      clerkUpdatedAt: new Date(dead.updated_at as number),
      clerkHooksDue: [message.messageId],
    }
    await users.collection.insertOne(died)
    for (const _ of [1, 2]) expect((await clerkSync.sync(fixtures.userCreated(dead), message)).outcome).toBe('stale')
    expect(calls).toEqual([])
    expect(await raw(users, dead.id)).not.toHaveProperty('clerkHooksDue')
  })

  it('does not run again if all events of a removed user are replayed at once', async () => {
    const { users, calls, clerkSync } = await setUp({ onDelete: 'hard' })
    const { data } = fixtures.userCreated()
    const story = [fixtures.userCreated(data), fixtures.userUpdated(data), fixtures.userDeleted(data)] as const
    const deliveries = story.map((event) => ({ event, message: next() }))
    for (const { event, message } of deliveries) await clerkSync.sync(event, message)
    expect(calls).toHaveLength(3)
    const gate = gateBefore(users)
    for (const [first, second] of [
      [0, 1],
      [0, 2],
      [1, 0],
      [1, 2],
    ] as const) {
      for (let nth = 0; nth < 4; nth++) {
        const [one, other] = [deliveries[first], deliveries[second]] as [(typeof deliveries)[0], (typeof deliveries)[0]]
        gate.arm(nth, () => clerkSync.sync(other.event, other.message))
        await clerkSync.sync(one.event, one.message)
        gate.open()
      }
    }
    expect(calls).toHaveLength(3)
    expect(await raw(users, data.id)).toBeNull()
  })

  it('runs for an applied event without a message id, and leaves no mark', async () => {
    const { users, calls, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    for (const _ of [1, 2]) await clerkSync.sync(fixtures.userCreated(data))
    expect(calls).toHaveLength(1)
    expect(await raw(users, data.id)).not.toHaveProperty('clerkHooksDue')
  })

  it('runs once without a message id for a user that a static created, at the cost of one command', async () => {
    const { users, calls, clerkSync } = await setUp()
    for (const ahead of [0, 5_000]) {
      const { data } = fixtures.userCreated()
      await users.createClerkUser(data)
      const event = fixtures.userCreated({ ...data, updated_at: (data.updated_at as number) + ahead })
      calls.length = 0
      await clerkSync.sync(event)
      expect(await raw(users, data.id)).not.toHaveProperty('clerkPendingType')
      db.forget()
      for (const _ of [1, 2]) await clerkSync.sync(event)
      await clerkSync.sync(event, next())
      expect(calls).toHaveLength(1)
      expect(db.commands.filter(({ name }) => name === 'find')).toHaveLength(2)
    }
    const { data } = fixtures.userCreated()
    await users.createClerkUser(data)
    db.forget()
    await clerkSync.sync(fixtures.userCreated(data))
    expect(db.commands.map(({ name }) => name)).toEqual(['find', 'update', 'aggregate', 'find', 'update'])
  })

  it('leaves the marks of other messages if its event has no message id', async () => {
    const { users, calls, failing, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    const updated = next()
    const change = fixtures.userUpdated(data)
    failing.add('user.updated')
    await expect(clerkSync.sync(change, updated)).rejects.toThrow()
    await clerkSync.sync(fixtures.userCreated(data))
    expect(await raw(users, data.id)).toMatchObject({ clerkHooksDue: [updated.messageId] })
    expect(await raw(users, data.id)).not.toHaveProperty('clerkPendingType')
    failing.clear()
    await clerkSync.sync(change, updated)
    expect(calls.map(({ type }) => type)).toEqual(['user.created', 'user.updated'])
  })

  it('is marked as done in the tombstone of a removed document, even if another document exists', async () => {
    const { users } = await setUp({ onDelete: 'hard' })
    const { data } = fixtures.userCreated()
    await users.upsertFromClerk(data, { messageId: 'msg_left', marks: { message: 'msg_left' } })
    await users.deleteFromClerk(data.id, { onDelete: 'hard', marks: { hasHooks: true } })
    await users.collection.insertOne({ clerkId: data.id })
    await users.clearHookMarks(data.id, { message: 'msg_left' })
    expect((await grave(users, data.id))?.models[users.collection.name]).toMatchObject({
      hooksKept: [],
      hooksDone: ['msg_left'],
    })
    db.forget()
    await users.clearHookMarks(data.id, {})
    expect(db.commands).toEqual([])
  })

  it('is aborted by its signal if it hangs, and runs again', async () => {
    let attempts = 0
    let isAborted = false
    const users = await db.users()
    const hang = async ({ signal }: { signal: AbortSignal }) => {
      if (++attempts > 1) return
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      isAborted = true
      await new Promise(() => {})
    }
    const clerkSync = createClerkSync({ users, timeoutMs: 300, on: { 'user.created': hang } })
    const event = fixtures.userCreated()
    const message = next()
    await expect(clerkSync.sync(event, message)).rejects.toMatchObject({ code: 'timed_out' })
    await expect.poll(() => isAborted).toBe(true)
    expect((await clerkSync.sync(event, message)).outcome).toBe('duplicate')
    expect(attempts).toBe(2)
  })

  it('is reported as timed out, not as failed, if it rejects after its signal aborts', async () => {
    const users = await db.users()
    const giveUp = ({ signal }: { signal: AbortSignal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))))
    const clerkSync = createClerkSync({ users, timeoutMs: 100, on: { 'user.created': giveUp } })
    for (let i = 0; i < 10; i++) {
      await expect(clerkSync.sync(fixtures.userCreated(), next())).rejects.toMatchObject({ code: 'timed_out' })
    }
  })

  it('costs two more commands: reading the user and removing the mark', async () => {
    const { clerkSync } = await setUp()
    await clerkSync.sync(fixtures.userCreated(), next())
    const { data } = fixtures.userCreated()
    for (const [event, names] of [
      [fixtures.userCreated(data), ['update', 'find', 'find', 'update']],
      [fixtures.userUpdated(data), ['update', 'find', 'update']],
      [fixtures.userDeleted(data), ['update', 'update', 'find', 'update']],
    ] as const) {
      db.forget()
      await clerkSync.sync(event, next())
      expect(db.commands.map(({ name }) => name)).toEqual(names)
    }
  })
})

describe('the welcome mail', () => {
  it('is sent once if user.updated arrives first', async () => {
    const { users, calls, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    const [created, updated] = [next(), next()]
    for (const _ of [1, 2]) {
      await clerkSync.sync(fixtures.userUpdated(data), updated)
      await clerkSync.sync(fixtures.userCreated(data), created)
    }
    expect(calls).toMatchObject([{ type: 'user.updated' }, { type: 'user.created', outcome: 'stale' }])
    expect(await raw(users, data.id)).not.toHaveProperty('clerkPendingType')
  })

  it('is sent once if user.updated arrives first and has no hook', async () => {
    const { calls, clerkSync } = await setUp({}, ['user.created'])
    const { data } = fixtures.userCreated()
    const created = next()
    await clerkSync.sync(fixtures.userUpdated(data), next())
    await clerkSync.sync(fixtures.userUpdated(data, { updated_at: (data.updated_at as number) + 5_000 }), next())
    for (const _ of [1, 2]) await clerkSync.sync(fixtures.userCreated(data), created)
    expect(calls).toMatchObject([{ type: 'user.created', ...created }])
  })

  it('is sent once if a static created the document, and is pending until then', async () => {
    const { users, calls, failing, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    const created = next()
    await users.createClerkUser(data)
    await users.createClerkUser(data)
    failing.add('user.created')
    await expect(clerkSync.sync(fixtures.userCreated(data), created)).rejects.toThrow()
    failing.clear()
    for (const _ of [1, 2]) await clerkSync.sync(fixtures.userCreated(data), created)
    expect(calls).toMatchObject([{ type: 'user.created', outcome: 'duplicate', ...created }])
    expect(await raw(users, data.id)).not.toHaveProperty('clerkPendingType')
  })

  it('is sent once if the early update linked a local account', async () => {
    const { users, calls, clerkSync } = await setUp({ linkBy: 'verified-email' })
    await users.create(fixtures.localUser({ email: 'linked@example.com' }))
    const { data } = fixtures.userCreated(fixtures.user({ email: 'linked@example.com' }))
    expect((await clerkSync.sync(fixtures.userUpdated(data), next())).outcome).toBe('linked')
    const created = next()
    for (const _ of [1, 2]) await clerkSync.sync(fixtures.userCreated(data), created)
    expect(calls.filter(({ type }) => type === 'user.created')).toHaveLength(1)
  })

  it('leaves no pendingType if no such hook is configured', async () => {
    const { users, clerkSync } = await setUp({}, ['user.updated'])
    const { data } = fixtures.userCreated()
    await clerkSync.sync(fixtures.userUpdated(data), next())
    expect(await raw(users, data.id)).not.toHaveProperty('clerkPendingType')
  })

  it('for a deletion is sent once if a static deleted the user', async () => {
    const { users, calls, clerkSync } = await setUp()
    const { data } = fixtures.userCreated()
    await users.createClerkUser(data)
    await users.deleteFromClerk(data.id)
    const deleted = next()
    for (const _ of [1, 2]) await clerkSync.sync(fixtures.userDeleted(data), deleted)
    expect(calls).toMatchObject([{ type: 'user.deleted', outcome: 'duplicate', ...deleted }])
  })
})

describe('a process killed between write and answer', () => {
  const kills = (events: ReturnType<typeof fixtures.userCreated>[]) => events.length

  it('has run every hook at least once after the redelivery, and never again after that', async () => {
    for (let nth = 0; nth < 5; nth++) {
      const { users, calls, clerkSync } = await setUp()
      await clerkSync.sync(fixtures.userDeleted(), next())
      calls.length = 0
      const event = fixtures.userCreated()
      const message = next()
      const gate = gateBefore(users)
      // Simulates a kill: no further command is sent.
      gate.arm(nth, () => {
        throw new Error('killed')
      })
      await clerkSync.sync(event, message).catch(() => {})
      gate.open()
      await clerkSync.sync(event, message)
      const ran = calls.length
      expect(ran).toBeGreaterThanOrEqual(kills([event]))
      expect(ran).toBeLessThanOrEqual(2)
      await clerkSync.sync(event, message)
      expect(calls).toHaveLength(ran)
      expect(await raw(users, event.data.id)).not.toHaveProperty('clerkHooksDue')
    }
  })
})

describe('changes', () => {
  it('name exactly the paths that an event changed', async () => {
    const seen: unknown[] = []
    const users = await db.users()
    const note = ({ changes }: { changes: unknown }) => void seen.push(changes)
    const clerkSync = createClerkSync({ users, changes: true, on: { 'user.created': note, 'user.updated': note } })
    const { data } = fixtures.userCreated(fixtures.user({ email: 'Before@example.com', username: 'same' }))
    await clerkSync.sync(fixtures.userCreated(data), next())
    await clerkSync.sync(fixtures.userUpdated(data, { email: 'After@example.com', last_name: null }), next())
    expect(seen[0]).toMatchObject({
      email: { before: undefined, after: 'before@example.com' },
      username: { after: 'same' },
    })
    expect(seen[1]).toEqual({
      email: { before: 'before@example.com', after: 'after@example.com' },
      lastName: { before: 'Lovelace', after: undefined },
    })
  })

  it('do not weaken the guarded write: a stale event stays stale, five concurrent ones write once', async () => {
    const users = await db.users()
    const seen: unknown[] = []
    const clerkSync = createClerkSync({
      users,
      changes: true,
      on: { 'user.created': ({ changes }) => void seen.push(changes) },
    })
    const event = fixtures.userCreated()
    const message = next()
    await Promise.all(Array.from({ length: 5 }, () => clerkSync.sync(event, message)))
    expect(await users.collection.countDocuments()).toBe(1)
    expect(await raw(users, event.data.id)).not.toHaveProperty('clerkHooksDue')
    const older = { ...event.data, updated_at: 1_000_000_000_000 }
    expect((await clerkSync.sync(fixtures.userCreated(older), next())).outcome).toBe('stale')
  })
})
