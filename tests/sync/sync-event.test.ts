import { type ClerkStore, type ClerkWebhookEvent, createClerkSync, type WriteContext } from 'clerk-mongo-sync'
import { assertSynced, createMemoryStore, fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it, vi } from 'vitest'

/** A store that notes what it was called with, and when. */
function recordingStore(steps: string[] = []) {
  const contexts: WriteContext[] = []
  const write = async (name: string, clerkId: string, context: WriteContext = {}) => {
    steps.push(name)
    contexts.push(context)
    return { outcome: 'created' as const, clerkId }
  }
  const users: ClerkStore = {
    findByClerkId: async () => null,
    clearHookMarks: async () => {},
    upsertFromClerk: (user, context) => write('upsert', 'id' in user ? user.id : '', context),
    deleteFromClerk: (clerkId, context) => write('delete', clerkId, context),
  }
  return { users, contexts, steps }
}

const conflict = { code: 'host_rule', path: 'age', message: 'The schema refuses.' } as const

describe('sync()', () => {
  it('applies an event by the same rules as the handler', async () => {
    const users = createMemoryStore()
    const { sync } = createClerkSync({ users })
    const created = fixtures.userCreated()
    const updated = fixtures.userUpdated(created.data, { first_name: 'Grace' })
    expect(await sync(updated)).toEqual({ outcome: 'created', clerkId: created.data.id })
    expect(await sync(created)).toEqual({ outcome: 'stale', clerkId: created.data.id })
    assertSynced(users.users.get(created.data.id), updated.data)
  })

  it('needs no signing secret', async () => {
    const { sync } = createClerkSync({ users: createMemoryStore(), signingSecret: [] })
    expect((await sync(fixtures.userCreated())).outcome).toBe('created')
  })

  it('reports a conflict with its reason, to the caller and to onConflict', async () => {
    const { users } = recordingStore()
    const onConflict = vi.fn()
    const upsertFromClerk = async () => ({ outcome: 'conflict' as const, clerkId: 'user_1', conflict })
    const { sync } = createClerkSync({ users: { ...users, upsertFromClerk }, onConflict })
    const result = await sync(fixtures.userCreated(), { messageId: 'msg_1' })
    expect(result).toEqual({ outcome: 'conflict', clerkId: 'user_1', conflict })
    expect(onConflict).toHaveBeenCalledWith({
      ...conflict,
      messageId: 'msg_1',
      type: 'user.created',
      clerkId: 'user_1',
    })
  })

  it('reports a deletion without an id', async () => {
    const { users, steps } = recordingStore()
    const { sync } = createClerkSync({ users })
    const result = await sync({ type: 'user.deleted', data: { deleted: true } })
    expect(result).toMatchObject({ outcome: 'conflict', conflict: { code: 'missing_id' } })
    expect(steps).toEqual([])
  })

  it.each([null, undefined, 'user.created', {}, [], { type: 'user.created', data: {} }, { type: 1, data: {} }])(
    'rejects a malformed event: %j',
    async (event) => {
      const { sync } = createClerkSync({ users: createMemoryStore() })
      const refusal = sync(event as unknown as ClerkWebhookEvent)
      await expect(refusal).rejects.toMatchObject({ code: 'not_a_clerk_event' })
    },
  )

  it('rejects with the error of the store', async () => {
    const { users } = recordingStore()
    const error = new Error('down')
    const { sync } = createClerkSync({ users: { ...users, upsertFromClerk: () => Promise.reject(error) } })
    await expect(sync(fixtures.userCreated())).rejects.toBe(error)
  })

  it('rejects with timed_out at the deadline of the call, or after timeoutMs', async () => {
    const { users } = recordingStore()
    const stuck = { ...users, upsertFromClerk: () => new Promise<never>(() => {}) }
    const patient = createClerkSync({ users: stuck, timeoutMs: 60_000 })
    const refusal = patient.sync(fixtures.userCreated(), { deadline: Date.now() + 20 })
    await expect(refusal).rejects.toMatchObject({ code: 'timed_out' })
    const hasty = createClerkSync({ users: stuck, timeoutMs: 20 })
    await expect(hasty.sync(fixtures.userCreated())).rejects.toMatchObject({ code: 'timed_out' })
  })
})

describe('connect', () => {
  it('is awaited before the store is called', async () => {
    const { users, steps } = recordingStore()
    const connect = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      steps.push('connected')
    }
    const { sync } = createClerkSync({ users, connect })
    await sync(fixtures.userCreated())
    await sync(fixtures.userDeleted())
    expect(steps).toEqual(['connected', 'upsert', 'connected', 'delete'])
  })

  it('is not called for events that are not applied', async () => {
    const { users, steps } = recordingStore()
    const connect = vi.fn()
    const { sync } = createClerkSync({ users, connect, instanceId: 'ins_mine' })
    await sync({ ...fixtures.sessionCreated(), instance_id: 'ins_mine' })
    await sync(fixtures.userCreated())
    await sync({ type: 'user.deleted', data: {}, instance_id: 'ins_mine' })
    expect(connect).not.toHaveBeenCalled()
    expect(steps).toEqual([])
  })

  it('that rejects keeps the store from being called', async () => {
    const { users, steps } = recordingStore()
    const error = new Error('no server')
    const { sync } = createClerkSync({ users, connect: () => Promise.reject(error) })
    await expect(sync(fixtures.userCreated())).rejects.toBe(error)
    expect(steps).toEqual([])
  })
})

describe('the store receives', () => {
  it('the message id, the time of the event in milliseconds, and the given rules', async () => {
    const { users, contexts } = recordingStore()
    const mapUser = () => ({ plan: 'free' })
    const { sync } = createClerkSync({ users, mapUser, linkBy: 'verified-email', onDelete: 'anonymize' })
    await sync({ ...fixtures.userCreated(), timestamp: 1_716_883_200 }, { messageId: 'msg_1' })
    const told = {
      messageId: 'msg_1',
      eventAt: 1_716_883_200_000,
      mapUser,
      linkBy: 'verified-email',
      onDelete: 'anonymize',
    }
    expect(contexts[0]).toMatchObject(told)
  })

  it('no option that was not set', async () => {
    const { users, contexts } = recordingStore()
    const { sync } = createClerkSync({ users })
    await sync({ type: 'user.created', data: { id: 'user_1' } })
    expect(Object.keys(contexts[0] ?? {}).sort()).toEqual(['deadline', 'fetchUser', 'logger', 'marks'])
    expect(await contexts[0]?.fetchUser?.('user_1')).toBeUndefined()
    expect(contexts[0]?.marks).toEqual({})
  })

  it('fetchUser as soon as there is a key', async () => {
    const { users, contexts } = recordingStore()
    const { sync } = createClerkSync({ users })
    vi.stubEnv('CLERK_SECRET_KEY', 'sk_test_late')
    await sync(fixtures.userCreated())
    const missing = { errors: [{ code: 'resource_not_found' }] }
    vi.stubGlobal('fetch', async () => Response.json(missing, { status: 404 }))
    expect(await contexts[0]?.fetchUser?.('user_1')).toBeNull()
    vi.unstubAllGlobals()
    vi.unstubAllEnvs()
  })
})

describe('createClerkSync', () => {
  it.each([undefined, null, {}, { modelName: 'User', schema: {} }, { upsertFromClerk() {}, deleteFromClerk() {} }])(
    'refuses a malformed store: %j',
    (users) => {
      expect(() => createClerkSync({ users: users as unknown as ClerkStore })).toThrow(
        expect.objectContaining({ code: 'plugin_missing', message: expect.stringContaining('clerkSyncPlugin') }),
      )
    },
  )

  it('lets the store check the rules once at start-up', () => {
    const { users } = recordingStore()
    const checkSchema = vi.fn(() => [])
    createClerkSync({ users: { ...users, checkSchema }, linkBy: 'verified-email' })
    expect(checkSchema.mock.calls).toEqual([[{ linkBy: 'verified-email' }]])
  })
})
