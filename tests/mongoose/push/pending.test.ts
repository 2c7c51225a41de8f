import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { gateBefore } from '../../support/gate'

const db = useDatabase('push_pending')
const push = { publicMetadata: ['plan'] } as const
const user = fixtures.user()
const later = fixtures.userUpdated(user, { first_name: 'Later' })
let users: TestModel
let deliver: (event: Parameters<ReturnType<typeof createClerkSync>['sync']>[0]) => Promise<string>
const read = async () => (await users.collection.findOne({ clerkId: user.id })) ?? {}
const change = (plan: string) => users.updateOne({ clerkId: user.id }, { plan } as never)

beforeEach(async () => {
  users = await db.users({ push })
  let messages = 0
  const { sync } = createClerkSync({ users })
  deliver = async (event) => (await sync(event, { messageId: `msg_${++messages}` })).outcome
  await deliver(fixtures.userCreated(user))
  db.forget()
})

describe('an event that arrives while a local change waits', () => {
  it('is applied, and the change still waits', async () => {
    await change('pro')
    const before = await read()
    expect(await deliver(later)).toBe('updated')
    expect(await read()).toMatchObject({ firstName: 'Later', plan: 'pro', syncStatus: 'pending' })
    expect(await read()).toHaveProperty('clerkPushToken', (before as { clerkPushToken: string }).clerkPushToken)
  })

  it('costs the refused write, one read and a second write', async () => {
    await change('pro')
    db.forget()
    await deliver(later)
    expect(db.commands.map(({ name }) => name)).toEqual(['update', 'aggregate', 'update'])
  })

  it('leaves a failed push in the status', async () => {
    await change('pro')
    await users.collection.updateOne({}, { $set: { syncStatus: 'error', syncError: 'push_failed' } })
    await deliver(later)
    expect(await read()).toMatchObject({ firstName: 'Later', syncStatus: 'error', syncError: 'push_failed' })
  })

  it('is stale or a duplicate as without it', async () => {
    await change('pro')
    await deliver(later)
    expect(await deliver(later)).toBe('duplicate')
    expect(await deliver(fixtures.userCreated(user))).toBe('stale')
    expect(await read()).toMatchObject({ syncStatus: 'pending' })
  })

  it('removes the mark if it is the deletion', async () => {
    await change('pro')
    expect(await deliver(fixtures.userDeleted(user))).toBe('deleted')
    expect(await read()).toMatchObject({ syncStatus: 'error', syncError: 'deleted' })
    expect(await read()).not.toHaveProperty('clerkPushToken')
  })

  it('reports its changes if hooks ask for them', async () => {
    await change('pro')
    const changes: unknown[] = []
    const on = { 'user.updated': (hook: { changes: unknown }) => void changes.push(hook.changes) }
    await createClerkSync({ users, on, changes: true }).sync(later, { messageId: 'msg_hook' })
    expect(changes).toEqual([{ firstName: { before: 'Ada', after: 'Later' } }])
  })
})

describe('a concurrent write between the commands of an event', () => {
  const meanwhile: [string, () => PromiseLike<unknown>, object][] = [
    ['a local change', () => change('max'), { plan: 'max', syncStatus: 'pending', clerkPushToken: expect.any(String) }],
    [
      'a push that ends',
      () =>
        users.collection.updateOne(
          { clerkId: user.id },
          { $set: { syncStatus: 'active' }, $unset: { clerkPushToken: 1 } },
        ),
      // The event has the value of Clerk from before the push.
      { plan: 'pro', syncStatus: 'pending' },
    ],
  ]
  it.each(meanwhile)('%s keeps both', async (_, happens, expected) => {
    for (let nth = 0; nth < 3; nth++) {
      users = await db.users({ push })
      const { sync } = createClerkSync({ users })
      await sync(fixtures.userCreated(user), { messageId: 'msg_1' })
      await change('pro')
      const gate = gateBefore(users)
      gate.arm(nth, happens)
      expect((await sync(later, { messageId: 'msg_2' })).outcome).toBe('updated')
      gate.open()
      expect(await read()).toMatchObject({ firstName: 'Later', ...expected })
    }
  })
})

describe('linking a local account', () => {
  it('marks the document as due in the same write', async () => {
    const linking = await db.users({ push, linkBy: 'verified-email' })
    const newcomer = fixtures.user({ public_metadata: { plan: 'other' } })
    await linking.create({ email: newcomer.email_addresses?.[0]?.email_address, plan: 'mine' } as never)
    db.forget()
    expect((await linking.upsertFromClerk(newcomer)).outcome).toBe('linked')
    expect(await linking.collection.findOne({})).toMatchObject({
      clerkId: newcomer.id,
      plan: 'mine',
      syncStatus: 'pending',
      clerkPushToken: expect.any(String),
    })
    const writes = db.commands.filter(
      ({ name, command }) => name === 'update' && JSON.stringify(command).includes('"clerkPushToken":"'),
    )
    expect(writes).toHaveLength(1)
  })
})
