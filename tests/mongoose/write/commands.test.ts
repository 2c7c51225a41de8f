import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestModel, uriOf, useDatabase } from '../../support/database'

const db = useDatabase('commands')
const secondaries = useDatabase('secondaries', async () => `${uriOf('test_secondaries')}&readPreference=secondary`)
let secondaryUsers: TestModel
beforeAll(async () => {
  secondaryUsers = await secondaries.users()
  // mongoose builds no indexes by itself on such a connection.
  await secondaryUsers.createIndexes()
})
const user = fixtures.user({ username: 'counted' })
const later = fixtures.changedUser(user, { first_name: 'Later' })
let users: TestModel
let sync: (event: Parameters<ReturnType<typeof createClerkSync>['sync']>[0]) => Promise<string>

beforeEach(async () => {
  users = await db.users()
  const clerkSync = createClerkSync({ users })
  let messages = 0
  sync = async (event) => {
    const { outcome } = await clerkSync.sync(event, { messageId: `msg_${++messages}` })
    return outcome
  }
  // The first event of a process also reads the indexes.
  await sync(fixtures.userDeleted())
  await sync(fixtures.userCreated(user))
  db.forget()
})

const names = () => db.commands.map(({ name }) => name)

describe('the number of commands per event', () => {
  it('is two for a new user: the write and the search for a tombstone', async () => {
    expect(await sync(fixtures.userCreated())).toBe('created')
    expect(names()).toEqual(['update', 'find'])
  })

  it('is one for an updated user', async () => {
    expect(await sync({ type: 'user.updated', data: later })).toBe('updated')
    expect(names()).toEqual(['update'])
  })

  it('is two for a duplicate: the refused write and one read', async () => {
    expect(await sync(fixtures.userCreated(user))).toBe('duplicate')
    expect(names()).toEqual(['update', 'aggregate'])
  })

  it('is two for a stale event', async () => {
    await sync({ type: 'user.updated', data: later })
    db.forget()
    expect(await sync(fixtures.userCreated(user))).toBe('stale')
    expect(names()).toEqual(['update', 'aggregate'])
  })

  it('is two for a deletion of a known or unknown user, first or repeated', async () => {
    for (const event of [fixtures.userDeleted(user), fixtures.userDeleted(user), fixtures.userDeleted()]) {
      db.forget()
      await sync(event)
      expect(names()).toEqual(['update', 'update'])
    }
  })

  it('is four with a hook and the delivery log, which records the hook before its mark is removed', async () => {
    const clerkSync = createClerkSync({ users, deliveries: true, on: { 'user.updated': () => {} } })
    await clerkSync.sync({ type: 'user.updated', data: later }, { messageId: 'msg_first' })
    db.forget()
    const latest = fixtures.changedUser(later, { first_name: 'Latest' })
    await clerkSync.sync({ type: 'user.updated', data: latest }, { messageId: 'msg_hooked' })
    const model = users.collection.collectionName
    expect(db.commands.map(({ name, command }) => [name, command[name]])).toEqual([
      ['update', model],
      ['find', model],
      ['update', 'clerk_deliveries'],
      ['update', model],
    ])
    expect(await users.collection.findOne({ clerkId: user.id })).not.toHaveProperty('clerkHooksDue')
  })

  it('is zero for an event about no user', async () => {
    await sync({ type: 'session.created', data: { id: 'sess_1' } })
    expect(names()).toEqual([])
  })
})

describe('every write', () => {
  it('waits for a majority and the journal', async () => {
    await sync({ type: 'user.updated', data: later })
    await users.create(fixtures.localUser({ username: 'taken' }))
    const anonymizing = await db.users({ onDelete: 'anonymize' })
    const removing = await db.users({ onDelete: 'hard' })
    const calling = await db.users({ onDelete: () => {} })
    await Promise.all([anonymizing, removing, calling].map((model) => model.deleteFromClerk('user_nobody')))
    db.forget()
    for (const model of [users, anonymizing, removing, calling]) {
      const loser = fixtures.user({ username: 'moves', updated_at: 1_700_000_000_000 })
      await model.upsertFromClerk(loser)
      await model.upsertFromClerk(fixtures.user({ username: 'moves' }))
      await model.deleteFromClerk(loser.id)
    }
    const writes = db.commands.filter(({ name }) => ['update', 'delete', 'findAndModify', 'insert'].includes(name))
    expect(writes.length).toBeGreaterThan(16)
    expect(new Set(writes.map(({ name }) => name))).toEqual(new Set(['update', 'delete']))
    for (const { command } of writes) expect(command.writeConcern).toMatchObject({ w: 'majority', j: true })
  })

  it('reads from the primary if the connection string prefers secondaries', async () => {
    for (const name of ['clerkId lookups', 'tombstones'] as const) {
      const event = fixtures.userCreated()
      await secondaryUsers.upsertFromClerk(event.data)
      await secondaryUsers.upsertFromClerk(event.data, { messageId: name })
      // `ensureUser` and hooks return what was just written.
      expect(await secondaryUsers.findByClerkId(event.data.id)).not.toBeNull()
    }
    const reads = secondaries.commands.filter(({ name }) => name === 'find' || name === 'aggregate')
    expect(reads.length).toBeGreaterThanOrEqual(6)
    const modes = reads.map(
      ({ command }) => (command.$readPreference as { mode: string } | undefined)?.mode ?? 'primary',
    )
    expect(modes).not.toContain('secondary')
  })
})
