import { type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import type { ClerkSyncPluginOptions } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it, vi } from 'vitest'
import { storeOf, type TestModel, useDatabase } from '../../support/database'
import { gateBefore } from '../../support/gate'

const db = useDatabase('pending_hooks')
let made = 0
const next = () => ({ messageId: `msg_${++made}` })
const raw = (users: TestModel, clerkId: string) => users.collection.findOne({ clerkId })

/** A model whose tombstone collection other models can share. */
const usersWith = (options: ClerkSyncPluginOptions = {}, tombstones = `shared_${++made}`) =>
  db.users({ collections: { tombstones, jobs: `jobs_${++made}` }, ...options })

/** The model in another process: the same collection, without hooks. */
const elsewhere = (users: TestModel) =>
  db.connection.model(`Elsewhere${++made}`, users.schema, users.collection.name) as never as TestModel

const tombstonesOf = (users: TestModel) =>
  users.db.collection((users.schema.get('clerkSync' as never) as { tombstones: string }).tombstones)

/** An app whose hooks for these types record their calls. */
function appOf(users: TestModel, types: string[], options: Partial<ClerkSyncOptions> = {}) {
  const ran: string[] = []
  const failing = new Set<string>()
  const hook = ({ event, messageId }: { event: { type: string }; messageId: string | undefined }) => {
    if (failing.has(event.type)) throw new Error('the mail server is away')
    ran.push(`${event.type} ${messageId}`)
  }
  const on = Object.fromEntries(types.map((type) => [type, hook]))
  return { ...createClerkSync({ users, on, logger: false, ...options } as ClerkSyncOptions), ran, failing }
}

describe('the hook of a deletion that a process without hooks applied first', () => {
  const ways = {
    'a static of a script': (users: TestModel, id: string) => elsewhere(users).deleteFromClerk(id),
    // Like a push worker and reconcile.
    'a job': (users: TestModel, id: string) => storeOf(users).deleteFromClerk(id, { marks: {} }),
    'a handler without hooks': async (users: TestModel, id: string) => {
      await createClerkSync({ users }).sync(fixtures.userDeleted({ id }), next())
    },
  }

  it.each(Object.entries(ways))('runs once for the later message: %s', async (_, apply) => {
    for (const onDelete of ['soft', 'hard', 'anonymize'] as const) {
      const users = await usersWith({ onDelete })
      const app = appOf(users, ['user.deleted'])
      const { data } = fixtures.userCreated()
      await users.upsertFromClerk(data)
      await apply(users, data.id)
      const message = next()
      app.failing.add('user.deleted')
      await expect(app.sync(fixtures.userDeleted(data), message)).rejects.toMatchObject({ code: 'hook_failed' })
      app.failing.clear()
      for (const _ of [1, 2]) await app.sync(fixtures.userDeleted(data), message)
      await app.sync(fixtures.userDeleted(data), next())
      expect(app.ran, onDelete).toEqual([`user.deleted ${message.messageId}`])
    }
  })

  it('runs without a message, and not again when the message arrives', async () => {
    const users = await usersWith()
    const app = appOf(users, ['user.deleted'])
    const { data } = fixtures.userCreated()
    await users.deleteFromClerk(data.id)
    for (const message of [{}, {}, next()]) await app.sync(fixtures.userDeleted(data), message)
    const other = fixtures.userCreated().data
    for (const message of [{}, {}, next()]) await app.sync(fixtures.userDeleted(other), message)
    expect(app.ran).toEqual(['user.deleted undefined', 'user.deleted undefined'])
  })
})

describe('two models of one database that share a tombstone collection', () => {
  it('run their own hooks for one message or two', async () => {
    const tombstones = `shared_${++made}`
    const models = [await usersWith({}, tombstones), await usersWith({}, tombstones)]
    const apps = models.map((users) => appOf(users, ['user.deleted']))
    const { data } = fixtures.userCreated()
    for (const app of apps) await app.sync(fixtures.userCreated(data), next())
    const message = next()
    for (const _ of [1, 2]) for (const app of apps) await app.sync(fixtures.userDeleted(data), message)
    for (const { ran } of apps) expect(ran).toEqual([`user.deleted ${message.messageId}`])
    const { data: other } = fixtures.userCreated()
    for (const app of apps) await app.sync(fixtures.userDeleted(other), next())
    for (const { ran } of apps) expect(ran).toHaveLength(2)
  })

  it('apply their own onDelete, and keep the pending hooks of a removed document', async () => {
    const tombstones = `shared_${++made}`
    const [soft, hard] = [await usersWith({}, tombstones), await usersWith({ onDelete: 'hard' }, tombstones)]
    const apps = [soft, hard].map((users) => appOf(users, ['user.created', 'user.deleted']))
    const { data } = fixtures.userCreated()
    const [created, deleted] = [next(), next()]
    for (const app of apps) {
      app.failing.add('user.created')
      await expect(app.sync(fixtures.userCreated(data), created)).rejects.toThrow()
    }
    for (const app of apps) await app.sync(fixtures.userDeleted(data), deleted)
    expect((await raw(soft, data.id))?.clerkDeletedAt).toBeInstanceOf(Date)
    expect(await raw(hard, data.id)).toBeNull()
    for (const app of apps) {
      app.failing.clear()
      for (const _ of [1, 2]) await app.sync(fixtures.userCreated(data), created)
      expect(app.ran).toEqual([`user.deleted ${deleted.messageId}`, `user.created ${created.messageId}`])
    }
  })

  it('share deletions: a late insert into either stores no user', async () => {
    const tombstones = `shared_${++made}`
    const [one, other] = [await usersWith({}, tombstones), await usersWith({}, tombstones)]
    const { data } = fixtures.userCreated()
    await one.deleteFromClerk(data.id)
    expect(await other.createClerkUser(data)).toBeNull()
    expect((await appOf(other, []).sync(fixtures.userCreated(data), next())).outcome).toBe('stale')
    expect(await other.findByClerkId(data.id).activeInClerk()).toBeNull()
  })

  it('can have names with dots', async () => {
    const users = await usersWith()
    const named = users.db.model(`Named${++made}`, users.schema, `app.users%_${made}`)
    const app = appOf(named as never, ['user.deleted'])
    const { data } = fixtures.userCreated()
    await storeOf(named as never).deleteFromClerk(data.id)
    const message = next()
    for (const _ of [1, 2]) await app.sync(fixtures.userDeleted(data), message)
    expect(app.ran).toEqual([`user.deleted ${message.messageId}`])
  })
})

describe('a tombstone of an earlier version', () => {
  const write = (users: TestModel, clerkId: string, rest: object = {}) =>
    tombstonesOf(users).insertOne({ _id: clerkId as never, deletedAt: new Date(), receivedAt: new Date(), ...rest })

  it('refuses late events, and runs only the hooks that it names', async () => {
    const users = await usersWith()
    const app = appOf(users, ['user.created', 'user.deleted'])
    const { data } = fixtures.userCreated()
    await write(users, data.id)
    expect((await app.sync(fixtures.userCreated(data), next())).outcome).toBe('stale')
    expect((await app.sync(fixtures.userDeleted(data), next())).outcome).toBe('duplicate')
    expect(await users.createClerkUser(data)).toBeNull()
    expect(app.ran).toEqual([])
  })

  it('keeps the hooks that it names pending until they have run', async () => {
    const users = await usersWith({ onDelete: 'hard' })
    const app = appOf(users, ['user.created', 'user.deleted'])
    const { data } = fixtures.userCreated()
    const [created, deleted] = [next(), next()]
    const hooksDue = [created.messageId, 'user.deleted', 'msg_done']
    await write(users, data.id, { hooksDue, hooksDone: ['msg_done'], removed: true })
    for (const _ of [1, 2]) {
      await app.sync(fixtures.userCreated(data), created)
      await app.sync(fixtures.userCreated(data), { messageId: 'msg_done' })
      await app.sync(fixtures.userDeleted(data), deleted)
    }
    expect(app.ran).toEqual([`user.created ${created.messageId}`, `user.deleted ${deleted.messageId}`])
  })

  it('does not run a function again unless the document has its mark', async () => {
    const onDelete = vi.fn()
    const users = await usersWith({ onDelete })
    const [finished, marked] = [fixtures.user(), fixtures.user()]
    for (const { id } of [finished, marked]) {
      await write(users, id)
      const clerkHooksDue = id === marked.id ? ['onDelete'] : undefined
      await users.collection.insertOne({
        clerkId: id,
        clerkDeletedAt: new Date(),
        ...(clerkHooksDue && { clerkHooksDue }),
      })
      for (const _ of [1, 2]) await createClerkSync({ users }).sync(fixtures.userDeleted({ id }), next())
    }
    expect(onDelete.mock.calls.map(([, { clerkId }]) => clerkId)).toEqual([marked.id])
    expect((await raw(users, marked.id))?.clerkHooksDue).toEqual([])
  })
})

describe('a deletion with a weaker onDelete', () => {
  /** Deletes like a process without the configured onDelete. */
  const deleteSoftly = (users: TestModel, clerkId: string) => users.deleteFromClerk(clerkId, { onDelete: 'soft' })
  const required = {
    email: { type: String, unique: true, required: true, lowercase: true },
    username: { type: String, unique: true, required: true },
    firstName: String,
  }

  /** A user whose user.created hook failed, then deleted by a script without onDelete. */
  async function deletedWithHookDue(users: TestModel) {
    const app = appOf(users, ['user.created'])
    const { data } = fixtures.userCreated()
    const created = next()
    app.failing.add('user.created')
    await expect(app.sync(fixtures.userCreated(data), created)).rejects.toThrow()
    await deleteSoftly(users, data.id)
    return { app, data, created }
  }

  it.each([undefined, required])(
    'is completed by the message with anonymize: personal values are removed once',
    async (definition) => {
      const users = await usersWith({ onDelete: 'anonymize', ...(definition && { definition }) } as never)
      const app = appOf(users, [])
      const { data } = fixtures.userCreated(fixtures.user({ username: `left${++made}` }))
      await users.upsertFromClerk(data)
      await deleteSoftly(users, data.id)
      const before = await raw(users, data.id)
      expect(before?.firstName).toBe('Ada')
      const event = fixtures.userDeleted(data)
      expect((await app.sync(event, next())).outcome).toBe('deleted')
      const after = await raw(users, data.id)
      for (const path of ['firstName', 'imageUrl']) expect(after).not.toHaveProperty(path)
      for (const value of [data.username, data.email_addresses?.[0]?.email_address])
        expect(JSON.stringify(after)).not.toContain(value)
      expect(after).toMatchObject({ clerkDeletedAt: before?.clerkDeletedAt, syncError: 'deleted' })
      expect((await app.sync(event, next())).outcome).toBe('duplicate')
    },
  )

  it('is completed by the message with hard: the document is removed, and its pending hooks are kept', async () => {
    const users = await usersWith({ onDelete: 'hard' })
    const { app, data, created } = await deletedWithHookDue(users)
    expect((await app.sync(fixtures.userDeleted(data), next())).outcome).toBe('deleted')
    expect(await raw(users, data.id)).toBeNull()
    app.failing.clear()
    for (const _ of [1, 2]) await app.sync(fixtures.userCreated(data), created)
    expect(app.ran).toEqual([`user.created ${created.messageId}`])
  })

  it('is completed by the message with a function, which runs until it succeeds', async () => {
    const onDelete = vi.fn().mockRejectedValueOnce(new Error('the mail server is away'))
    const users = await usersWith({ onDelete })
    const app = appOf(users, [])
    const { data } = fixtures.userCreated()
    await users.upsertFromClerk(data)
    await deleteSoftly(users, data.id)
    const message = next()
    await expect(app.sync(fixtures.userDeleted(data), message)).rejects.toMatchObject({ code: 'host_code_failed' })
    for (const _ of [1, 2]) await app.sync(fixtures.userDeleted(data), message)
    expect(onDelete).toHaveBeenCalledTimes(2)
    expect(onDelete.mock.calls[1]?.[0].get('clerkDeletedAt')).toBeInstanceOf(Date)
  })

  it('between tombstone and mark of a stronger one is completed by the redelivery', async () => {
    for (const onDelete of ['hard', 'anonymize', vi.fn()] as const) {
      const users = await usersWith({ onDelete })
      const app = appOf(users, [])
      const { data } = fixtures.userCreated()
      await users.upsertFromClerk(data)
      const gate = gateBefore(users)
      gate.arm(1, () => {
        throw new Error('killed')
      })
      const message = next()
      await expect(app.sync(fixtures.userDeleted(data), message)).rejects.toThrow()
      gate.open()
      await deleteSoftly(users, data.id)
      await app.sync(fixtures.userDeleted(data), message)
      const left = await raw(users, data.id)
      if (onDelete === 'hard') expect(left).toBeNull()
      else if (onDelete === 'anonymize') expect(left).not.toHaveProperty('firstName')
      else expect(onDelete).toHaveBeenCalledTimes(1)
    }
  })

  it.each(['hard', 'anonymize'] as const)('is completed by a late event: %s', async (onDelete) => {
    const users = await usersWith({ onDelete })
    const { app, data, created } = await deletedWithHookDue(users)
    app.failing.clear()
    for (const _ of [1, 2]) expect((await app.sync(fixtures.userCreated(data), created)).outcome).toBe('stale')
    const left = await raw(users, data.id)
    if (onDelete === 'hard') expect(left).toBeNull()
    else expect(left).not.toHaveProperty('firstName')
    expect(app.ran).toEqual([`user.created ${created.messageId}`])
  })

  it('is not changed if the configured onDelete is no stronger', async () => {
    const users = await usersWith()
    const { data } = fixtures.userCreated()
    await users.upsertFromClerk(data)
    await users.deleteFromClerk(data.id, { onDelete: 'anonymize' })
    const before = await raw(users, data.id)
    await appOf(users, []).sync(fixtures.userDeleted(data), next())
    expect(await raw(users, data.id)).toEqual(before)
  })

  it('adds no command to a deletion with the stronger onDelete', async () => {
    for (const [onDelete, names] of [
      ['hard', ['update', 'delete']],
      ['anonymize', ['update', 'update']],
      [() => {}, ['update', 'update', 'find', 'update']],
    ] as const) {
      const users = await usersWith({ onDelete })
      const app = appOf(users, [])
      await users.upsertFromClerk(fixtures.user())
      const { data } = fixtures.userCreated()
      await users.upsertFromClerk(data)
      db.forget()
      await app.sync(fixtures.userDeleted(data), next())
      expect(db.commands.map(({ name }) => name)).toEqual(names)
    }
  })
})

describe('clocks that differ', () => {
  it.each([-4_000, 0, 4_000, 60_000])('drop no pending hook between tombstone and mark: %d ms ahead', async (ahead) => {
    for (const onDelete of ['soft', 'hard'] as const) {
      const users = await usersWith({ onDelete })
      const app = appOf(users, ['user.created', 'user.deleted'])
      const { data } = fixtures.userCreated()
      const [created, deleted] = [next(), next()]
      app.failing.add('user.created')
      await expect(app.sync(fixtures.userCreated(data), created)).rejects.toThrow()
      app.failing.clear()
      // The clock of the process that stored the user differs from that of the killed one.
      const lastClerkSync = new Date(Date.now() + ahead)
      await users.collection.updateOne({ clerkId: data.id }, { $set: { lastClerkSync } })
      const gate = gateBefore(users)
      gate.arm(1, () => {
        throw new Error('killed')
      })
      await expect(app.sync(fixtures.userDeleted(data), deleted)).rejects.toThrow()
      gate.open()
      for (const _ of [1, 2]) {
        await app.sync(fixtures.userCreated(data), created)
        await app.sync(fixtures.userDeleted(data), deleted)
      }
      expect(app.ran.toSorted(), onDelete).toEqual([
        `user.created ${created.messageId}`,
        `user.deleted ${deleted.messageId}`,
      ])
    }
  })

  it('run no hook of a late insert after a completed deletion', async () => {
    for (const onDelete of ['soft', 'hard'] as const) {
      const users = await usersWith({ onDelete })
      const app = appOf(users, ['user.created', 'user.deleted'])
      const { data } = fixtures.userCreated()
      await app.sync(fixtures.userDeleted(data), next())
      const created = next()
      const gate = gateBefore(users)
      gate.arm(1, () => {
        throw new Error('killed')
      })
      await expect(app.sync(fixtures.userCreated(data), created)).rejects.toThrow()
      gate.open()
      expect((await raw(users, data.id))?.clerkHooksDue).toEqual([created.messageId])
      await users.collection.updateOne({ clerkId: data.id }, { $set: { lastClerkSync: new Date(0) } })
      for (const _ of [1, 2]) await app.sync(fixtures.userCreated(data), created)
      expect(
        app.ran.filter((one) => one.startsWith('user.created')),
        onDelete,
      ).toEqual([])
      expect(await users.findByClerkId(data.id).activeInClerk()).toBeNull()
    }
  })
})
