import { Schema, Types } from 'mongoose'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { queueOf } from '../../mongoose/push/queue'
import { storeLike } from '../jobs-setup'
import { usePushes } from './push-setup'

vi.setConfig({ testTimeout: 60_000 })
const setup = usePushes('jobs_push_register')
const { clerkSync, sent } = setup
const created = () => setup.clerk.events().filter(({ event }) => event.type === 'user.created')

async function localUser(values: object = {}): Promise<{ _id: Types.ObjectId }> {
  const doc = await setup.users.create({
    email: 'ada@example.com',
    firstName: 'Ada',
    lastName: 'Lovelace',
    ...values,
  } as never)
  return doc as never
}
const stored = (_id: unknown) => setup.users.collection.findOne({ _id: _id as never })

describe('registerClerkUser', () => {
  it('creates the Clerk user with the values of the account and the owned paths, and returns the linked document', async () => {
    const local = await localUser({ username: 'ada_l', plan: 'pro', billing: { seats: 3 } })
    const doc = await clerkSync().registerClerkUser(local)
    const [user] = setup.clerk.users.values()
    expect(user).toMatchObject({
      external_id: String(local._id),
      username: 'ada_l',
      first_name: 'Ada',
      last_name: 'Lovelace',
      public_metadata: { plan: 'pro', billing: { seats: 3 } },
    })
    expect(user?.email_addresses[0]).toMatchObject({ email_address: 'ada@example.com' })
    expect(doc).toMatchObject({ clerkId: user?.id, authProvider: 'clerk', email: 'ada@example.com' })
    expect(await setup.users.countDocuments()).toBe(1)
    expect(await stored(local._id)).toMatchObject({
      clerkId: user?.id,
      syncStatus: expect.stringMatching(/active|pending/),
    })
  })

  it('leaves no difference to push', async () => {
    const local = await localUser({ plan: 'pro' })
    const sync = clerkSync()
    await sync.registerClerkUser(local)
    expect(await sync.push()).toMatchObject({ pushed: 0, failed: 0, pending: 0 })
    expect(sent()).toHaveLength(1)
    expect(await stored(local._id)).toMatchObject({ syncStatus: 'active' })
  })

  it('links the user created before if the process crashed in between', async () => {
    const local = await localUser()
    const pushes = () => {
      const real = queueOf(setup.users)
      return { ...real, link: () => Promise.reject(new Error('the process died')) } as never
    }
    await expect(clerkSync({ users: storeLike(setup.users, { pushes }) }).registerClerkUser(local)).rejects.toThrow(
      'the process died',
    )
    expect(await stored(local._id)).not.toHaveProperty('clerkId')
    const doc = await clerkSync().registerClerkUser(local)
    expect(setup.clerk.users.size).toBe(1)
    expect(doc).toMatchObject({ clerkId: [...setup.clerk.users.values()][0]?.id })
    expect(await stored(local._id)).toMatchObject({ authProvider: 'clerk' })
  })

  it.each([500, 'reset'] as const)('creates one user if Clerk creates it and answers %s', async (status) => {
    const local = await localUser()
    setup.clerk.failNext({ status, method: 'POST', applied: true })
    expect(await clerkSync().registerClerkUser(local)).toMatchObject({ authProvider: 'clerk' })
    expect(setup.clerk.users.size).toBe(1)
    expect(await stored(local._id)).toMatchObject({ authProvider: 'clerk' })
  })

  it('creates one user for any number of concurrent calls', async () => {
    const local = await localUser()
    const docs = await Promise.all(Array.from({ length: 5 }, () => clerkSync().registerClerkUser(local)))
    expect(setup.clerk.users.size).toBe(1)
    expect(new Set(docs.map((doc) => (doc as { clerkId?: string } | null)?.clerkId)).size).toBe(1)
  })

  it('sends no request if the account is linked already', async () => {
    const local = await localUser()
    const sync = clerkSync()
    await sync.registerClerkUser(local)
    const requests = setup.clerk.requests.length
    await sync.registerClerkUser(local)
    expect(setup.clerk.requests).toHaveLength(requests)
  })

  it.each(['before the link', 'during the call', 'after it'])(
    'leaves one document if user.created arrives %s',
    async (when) => {
      const hook = vi.fn()
      await setup.deliver({ on: { 'user.created': hook } })
      const local = await localUser()
      if (when === 'before the link') {
        const pushes = () => {
          const real = queueOf(setup.users)
          return {
            ...real,
            async link(...given: Parameters<typeof real.link>) {
              await setup.clerk.settle()
              return real.link(...given)
            },
          } as never
        }
        await clerkSync({ users: storeLike(setup.users, { pushes }) }).registerClerkUser(local)
      } else {
        if (when === 'after it') setup.clerk.misbehave(() => ({ hold: true }))
        await clerkSync({ on: { 'user.created': hook } }).registerClerkUser(local)
        setup.clerk.release()
      }
      await setup.clerk.settle()
      expect(setup.clerk.deliveries.every(({ status }) => status === 200)).toBe(true)
      expect(await setup.users.countDocuments()).toBe(1)
      expect(await stored(local._id)).toMatchObject({ authProvider: 'clerk', email: 'ada@example.com' })
      expect(hook).toHaveBeenCalledOnce()
    },
  )

  it('reports why Clerk refuses, without the value, and leaves the account local', async () => {
    setup.clerk.users.create({ email_address: 'ada@example.com' })
    const local = await localUser()
    const refused = await clerkSync()
      .registerClerkUser(local)
      .catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 'registration_refused',
      message: expect.stringMatching(/form_identifier_exists.*e-mail address/),
    })
    expect(String(refused)).not.toContain('ada@example.com')
    expect(await stored(local._id)).toMatchObject({ authProvider: 'local' })
  })

  it('refuses weak data, too much metadata and an account that does not exist', async () => {
    const sync = clerkSync()
    const refusal = { code: 'registration_refused' }
    const weak = await localUser({ email: 'no address' })
    await expect(sync.registerClerkUser(weak)).rejects.toMatchObject(refusal)
    await expect(sync.registerClerkUser({ _id: new Types.ObjectId() })).rejects.toMatchObject(refusal)
    const big = await localUser({ notes: { text: 'x'.repeat(9_000) } })
    await expect(sync.registerClerkUser(big)).rejects.toMatchObject({ code: 'push_refused' })
    expect(setup.clerk.users.size).toBe(0)
  })

  it('passes on other fields to Clerk, except the external id and owned paths', async () => {
    const local = await localUser({ plan: 'pro' })
    const public_metadata = { plan: 'other', source: 'import' }
    const extra = { password: 'correct horse battery', external_id: 'other', public_metadata }
    await clerkSync().registerClerkUser(local, { skipPasswordRequirement: true, extra })
    const [user] = setup.clerk.users.values()
    expect(user).toMatchObject({ external_id: String(local._id), password_enabled: true })
    expect(user?.public_metadata).toMatchObject({ plan: 'pro', source: 'import' })
  })

  it('is refused if _id is the Clerk id', async () => {
    const schema = new Schema({ _id: String, plan: String })
    const users = await setup.db.users({ schema, paths: { clerkId: '_id' }, push: { publicMetadata: ['plan'] } })
    await expect(clerkSync({ users }).registerClerkUser({ _id: 'local' })).rejects.toMatchObject({
      code: 'schema_unfit',
    })
  })

  it('is refused if the path of the external id is empty, as events could not find the account', async () => {
    const definition = { email: String, accountNo: { type: String, unique: true, sparse: true } }
    const users = await setup.db.users({ definition, push: { externalId: 'accountNo' } })
    const sync = clerkSync({ users })
    const without = await users.create({ email: 'a@example.com' } as never)
    await expect(sync.registerClerkUser(without as never)).rejects.toMatchObject({ code: 'registration_refused' })
    const local = await users.create({ email: 'b@example.com', accountNo: 'A7' } as never)
    await sync.registerClerkUser(local as never)
    expect([...setup.clerk.users.values()].map(({ external_id }) => external_id)).toEqual(['A7'])
  })

  it.each(['-V1Stgx', '+V1Stgx'])(
    'finds only the account whose id begins like a filter of Clerk: %s',
    async (accountNo) => {
      const unique = { type: String, unique: true, sparse: true }
      const definition = { email: unique, accountNo: unique }
      const users = await setup.db.users({ definition, push: { externalId: 'accountNo' } })
      const stranger = setup.clerk.users.create({ email_address: 'stranger@example.com', external_id: 'V1Stgx' })
      const local = await users.create({ email: 'ada@example.com', accountNo } as never)
      const doc = await clerkSync({ users }).registerClerkUser(local as never)
      expect(doc).toMatchObject({ email: 'ada@example.com', accountNo })
      expect(doc).not.toMatchObject({ clerkId: stranger.id })
      // And again, as after a crash: its own is found.
      await users.collection.updateOne({ accountNo }, { $unset: { clerkId: 1 } })
      expect(await clerkSync({ users }).registerClerkUser(local as never)).toMatchObject({ accountNo })
      expect(setup.clerk.users.size).toBe(2)
    },
  )

  it('is refused without push.externalId, as an early event would create another document', async () => {
    const users = await setup.db.users({
      definition: { email: String, plan: String },
      push: { publicMetadata: ['plan'] },
    })
    const local = await users.create({ email: 'ada@example.com' } as never)
    const refused = clerkSync({ users }).registerClerkUser(local as never)
    await expect(refused).rejects.toMatchObject({
      code: 'schema_unfit',
      message: expect.stringContaining('externalId'),
    })
    expect(setup.clerk.users.size).toBe(0)
  })

  it.each([null, undefined, {}])('names what it needs if it is called with %s', async (nothing) => {
    const refused = clerkSync().registerClerkUser(nothing as never)
    await expect(refused).rejects.toMatchObject({ code: 'invalid_clerk_user' })
  })
})

describe('registerLocalUsers', () => {
  beforeEach(async () => {
    await setup.users.create(
      Array.from({ length: 7 }, (_, i) => ({ email: `p${i}@example.com`, username: `person_${i}` })) as never,
    )
  })

  it('creates a user for every local account, reports progress, and does nothing the second time', async () => {
    await setup.users.create({ firstName: 'Nobody' } as never)
    const told: unknown[] = []
    const result = await clerkSync().registerLocalUsers({ onProgress: ({ seen, total }) => told.push([seen, total]) })
    expect(result).toMatchObject({ seen: 8, registered: 7, skipped: 1, failed: 0, total: 8, failures: [] })
    expect(told.at(-1)).toEqual([8, 8])
    expect(setup.clerk.users.size).toBe(7)
    expect(await setup.users.countDocuments({ authProvider: 'clerk' })).toBe(7)
    expect(await clerkSync().registerLocalUsers()).toMatchObject({ seen: 1, registered: 0 })
    expect(created()).toHaveLength(7)
  })

  it('stops at the limit, and creates no user with dryRun', async () => {
    expect(await clerkSync().registerLocalUsers({ dryRun: true })).toMatchObject({ registered: 7, total: 7 })
    expect(setup.clerk.requests).toEqual([])
    expect(await clerkSync().registerLocalUsers({ limit: 3 })).toMatchObject({ seen: 3, registered: 3 })
    expect(setup.clerk.users.size).toBe(3)
  })

  it('continues after a refusal, and names the account', async () => {
    setup.clerk.users.create({ email_address: 'p2@example.com' })
    const { registered, failed, failures } = await clerkSync().registerLocalUsers()
    expect({ registered, failed }).toEqual({ registered: 6, failed: 1 })
    const local = await setup.users.findOne({ authProvider: 'local' }).lean()
    expect(failures).toMatchObject([
      { code: 'registration_refused', message: expect.stringContaining(String(local?._id)) },
    ])
    expect(JSON.stringify(failures)).not.toContain('p2@example.com')
  })

  it('ends at once if the key is refused', async () => {
    const clerk = { secretKey: 'sk_test_wrong', apiUrl: setup.clerk.url }
    await expect(clerkSync({ clerk }).registerLocalUsers()).rejects.toMatchObject({ code: 'clerk_key_invalid' })
    expect(setup.clerk.requests).toHaveLength(1)
  })

  it('ends after the current account when its signal aborts', async () => {
    const stopping = new AbortController()
    const result = await clerkSync().registerLocalUsers({ signal: stopping.signal, onProgress: () => stopping.abort() })
    expect(result).toMatchObject({ seen: 1, registered: 1 })
    expect(await setup.users.countDocuments({ authProvider: 'clerk' })).toBe(1)
  })
})

describe('deleteInClerk', () => {
  it('deletes there, then here, and the hook runs once with the message from Clerk', async () => {
    const hook = vi.fn()
    const on = { 'user.deleted': hook }
    const [id = ''] = await setup.signUp()
    await setup.deliver({ on })
    expect(await clerkSync({ on }).deleteInClerk((await setup.users.findByClerkId(id)) as never)).toMatchObject({
      clerkId: id,
    })
    expect(setup.clerk.users.has(id)).toBe(false)
    expect(await setup.read(id)).toMatchObject({ syncError: 'deleted' })
    await setup.clerk.settle()
    expect(hook).toHaveBeenCalledOnce()
    expect(await setup.read(id)).not.toHaveProperty('clerkHooksDue')
  })

  it('takes an id, and a user that Clerk has deleted already', async () => {
    const [id = ''] = await setup.signUp()
    setup.clerk.users.delete(id)
    await clerkSync().deleteInClerk(id)
    expect(await setup.read(id)).toMatchObject({ syncError: 'deleted' })
  })

  it('deletes no user here if the key is of another instance', async () => {
    const ids = await setup.signUp(3)
    for (const id of ids) setup.clerk.users.delete(id)
    setup.clerk.users.create({ email_address: 'other@example.com' })
    await expect(clerkSync().deleteInClerk(ids[0] ?? '')).rejects.toMatchObject({ code: 'clerk_instance_mismatch' })
    await expect(clerkSync().deleteInClerk(null as never)).rejects.toMatchObject({ code: 'invalid_clerk_user' })
    expect(await setup.users.countDocuments({ clerkDeletedAt: null })).toBe(3)
  })

  it('deletes nothing here if Clerk cannot be reached', async () => {
    const [id = ''] = await setup.signUp()
    setup.clerk.failNext({ status: 500, times: 3 })
    await expect(clerkSync().deleteInClerk(id)).rejects.toMatchObject({ code: 'clerk_api_failed' })
    expect(await setup.read(id)).toMatchObject({ syncStatus: 'active' })
  })

  it('refuses a local account', async () => {
    const local = await localUser()
    await expect(clerkSync().deleteInClerk(local)).rejects.toMatchObject({ code: 'invalid_clerk_user' })
  })
})
