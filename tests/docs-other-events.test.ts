import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ClerkSync, ClerkWebhookEvent, DeliveryEntry } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose, { type Model } from 'mongoose'
import { afterAll, describe, expect, inject, test, vi } from 'vitest'
import { blocks, root, writeBlocks } from './support/documentation'

/** The code of docs/guides/other-events.md, as files. */
const app = join(root, `.docs-app-other-events-${process.pid}`)
const shown = /^(models\/user|lib\/(store-newest|(session|invitation|waitlist|subscription)-sync))\.ts$/

type Stored = Model<Record<string, unknown>>
interface Loaded {
  clerkSync: ClerkSync
  Visitor: Stored
  Session: Stored
  Invitation: Stored
  WaitlistEntry: Stored
  Subscription: Stored
  activeSessions(userId: string): PromiseLike<unknown[]>
}

const signingSecret = `whsec_${btoa('any secret will do here')}`
process.env.CLERK_WEBHOOK_SIGNING_SECRET = signingSecret
process.env.MONGODB_URI = inject('mongoUri').replace(/\/(\?|$)/, `/docs_other_events_${process.pid}$1`)
process.once('exit', () => rmSync(app, { recursive: true, force: true }))
writeBlocks(
  blocks.filter(({ file }) => shown.test(file)),
  app,
)
const load = async (name: string) => (await import(/* @vite-ignore */ join(app, `lib/${name}.ts`))) as Loaded
const { clerkSync: sessions, Visitor, Session, activeSessions } = await load('session-sync')
const { clerkSync: invitations, Invitation } = await load('invitation-sync')
const { clerkSync: waitlist, WaitlistEntry } = await load('waitlist-sync')
const { clerkSync: subscriptions, Subscription } = await load('subscription-sync')

afterAll(async () => {
  rmSync(app, { recursive: true })
  await mongoose.connection.dropDatabase()
  await mongoose.disconnect()
})

/** Sends a signed delivery to the handler. By default it is a message of its own, so that its hook runs. */
async function deliver({ handler }: ClerkSync, event: ClerkWebhookEvent, messageId?: string) {
  const { headers, body } = signClerkWebhook(event, { signingSecret, ...(messageId && { messageId }) })
  const response = await handler(new Request('http://localhost/', { method: 'POST', headers, body }))
  return { status: response.status, body: await response.json() }
}

const ignored = { status: 200, body: { outcome: 'ignored' } }

/** All orders of the events. */
function ordersOf<T>(events: readonly T[]): T[][] {
  if (events.length < 2) return [[...events]]
  return events.flatMap((event, i) => ordersOf(events.toSpliced(i, 1)).map((rest) => [event, ...rest]))
}

const read = (model: Stored, id: string) => model.findById(id).lean()

/**
 * Delivers the events of a new thing in every order, each twice, and at the same moment, and expects the same document
 * after each.
 */
async function expectInAnyOrder(
  sync: ClerkSync,
  model: Stored,
  make: () => readonly (ClerkWebhookEvent & { data: { id?: unknown } })[],
  expected: Record<string, unknown>,
) {
  const check = async (events: readonly ClerkWebhookEvent[], order: string) => {
    const document = await read(model, String(events[0]?.data.id))
    expect({ order, ...document }).toMatchObject({ order, ...expected })
  }
  const indexes = ordersOf(make().map((_, i) => i))
  for (const order of indexes) {
    const events = make()
    for (const i of [...order, ...order]) expect(await deliver(sync, events[i] as ClerkWebhookEvent)).toEqual(ignored)
    await check(events, order.join(' '))
    const others = make()
    for (const i of [...order].reverse()) for (const _ of [1, 2]) await deliver(sync, others[i] as ClerkWebhookEvent)
    await check(others, `${order.join(' ')}, reversed and doubled`)
  }
  for (let round = 0; round < 30; round++) {
    const events = make()
    const order = indexes[round % indexes.length] ?? []
    const answers = await Promise.all([...order, ...order].map((i) => deliver(sync, events[i] as ClerkWebhookEvent)))
    expect(answers).toEqual(answers.map(() => ignored))
    await check(events, `${order.join(' ')}, at the same moment`)
  }
}

describe('the example for sessions', () => {
  const { sessionCreated, sessionEnded, sessionRemoved, sessionRevoked, userCreated, userDeleted } = fixtures
  const lastSeen = async (clerkId: string) => (await Visitor.findOne({ clerkId }).lean())?.lastSeenAt

  test('connects the database for the first delivery', async () => {
    expect(mongoose.connection.readyState).toBe(mongoose.ConnectionStates.disconnected)
    const { data, ...event } = sessionCreated()
    expect(await deliver(sessions, { ...event, data })).toEqual(ignored)
    expect(await read(Session, data.id)).toMatchObject({ userId: data.user_id, status: 'active' })
  })

  test.each([
    ['ended', sessionEnded],
    ['removed', sessionRemoved],
    ['revoked', sessionRevoked],
  ])('keeps a session %s in any order of the deliveries', async (status, end) => {
    const make = () => {
      const created = sessionCreated()
      return [created, end(created.data)]
    }
    await expectInAnyOrder(sessions, Session, make, { status, expireAt: expect.any(Date) })
  })

  test('takes the end if both events have the same version, as in the samples of Clerk', async () => {
    const make = () => {
      const created = sessionCreated()
      const ended = sessionEnded(created.data)
      return [created, { ...ended, data: { ...ended.data, updated_at: created.data.updated_at ?? 0 } }]
    }
    await expectInAnyOrder(sessions, Session, make, { status: 'ended' })
  })

  test('stores the newest version if MongoDB refuses its insert because another delivery was faster', async () => {
    const created = sessionCreated()
    const refused = Object.assign(new Error('E11000 duplicate key'), { code: 11000, keyPattern: { _id: 1 } })
    const spy = vi.spyOn(Session.collection, 'updateOne').mockImplementationOnce(async () => {
      await deliver(sessions, created)
      throw refused
    })
    expect(await deliver(sessions, sessionEnded(created.data))).toEqual(ignored)
    spy.mockRestore()
    expect(await read(Session, created.data.id)).toMatchObject({ status: 'ended' })
  })

  test('counts a session as active until it ends or expires', async () => {
    const user = fixtures.user()
    const ids = async () => (await activeSessions(user.id)).length
    const [first, second, over] = [sessionCreated(user), sessionCreated(user), sessionCreated(user)]
    const pending = { ...sessionCreated(user), type: 'session.pending' as const }
    for (const event of [first, second]) await deliver(sessions, event)
    await deliver(sessions, { ...pending, data: { ...pending.data, status: 'pending' } })
    await deliver(sessions, { ...over, data: { ...over.data, expire_at: Date.now() - 1_000 } })
    expect(await ids()).toBe(2)
    await deliver(sessions, sessionRevoked(first.data))
    expect(await ids()).toBe(1)
  })

  test('has MongoDB remove a session at its date, and keeps one without a date', async () => {
    await Session.init()
    expect(await Session.collection.indexes()).toContainEqual(
      expect.objectContaining({ key: { expireAt: 1 }, expireAfterSeconds: 0 }),
    )
    const { data, ...event } = sessionCreated()
    await deliver(sessions, { ...event, data })
    expect(await read(Session, data.id)).toMatchObject({ expireAt: new Date(data.expire_at ?? 0) })
    const { expire_at: _, ...dateless } = sessionCreated().data
    await deliver(sessions, { ...event, data: dateless })
    expect(await read(Session, dateless.id)).toMatchObject({ status: 'active' })
    expect(await read(Session, dateless.id)).not.toHaveProperty('expireAt')
  })

  test('keeps the latest time a user was seen, in any order and at the same moment', async () => {
    const user = fixtures.user()
    const seenAt = (time: number) => {
      const event = sessionCreated(user)
      return { ...event, data: { ...event.data, last_active_at: time } }
    }
    await deliver(sessions, userCreated(user))
    for (const time of [2_000, 3_000, 1_000, 3_000, 2_000]) await deliver(sessions, seenAt(time))
    expect(await lastSeen(user.id)).toEqual(new Date(3_000))
    await Promise.all([7_000, 9_000, 8_000, 4_000].map((time) => deliver(sessions, seenAt(time))))
    expect(await lastSeen(user.id)).toEqual(new Date(9_000))
  })

  test('stores the user whose session comes first, and the user.created event afterwards changes nothing', async () => {
    const { data: user, ...event } = userCreated(fixtures.user({ email: 'early@example.com' }))
    const session = sessionCreated(user)
    await deliver(sessions, session)
    const seen = new Date(session.data.last_active_at ?? 0)
    expect(await Visitor.findOne({ clerkId: user.id }).lean()).toMatchObject({
      email: 'early@example.com',
      lastSeenAt: seen,
    })
    expect(await deliver(sessions, { ...event, data: user })).toMatchObject({ body: { outcome: 'duplicate' } })
    expect(await lastSeen(user.id)).toEqual(seen)
  })

  test('does not bring back a deleted user', async () => {
    const user = fixtures.user()
    await deliver(sessions, userDeleted(user))
    await deliver(sessions, sessionCreated(user))
    expect(await Visitor.countDocuments({ clerkId: user.id })).toBe(0)
  })

  test('does not count an impersonation as seen', async () => {
    const { data, ...event } = sessionCreated()
    await deliver(sessions, userCreated(data.user as Parameters<typeof userCreated>[0]))
    await deliver(sessions, { ...event, data: { ...data, actor: { sub: 'user_support' } } })
    expect(await lastSeen(data.user_id ?? '')).toBeUndefined()
  })

  test('does not run the hook of a message again that the delivery log has as finished', async () => {
    const { data, ...event } = sessionCreated()
    const again = () => deliver(sessions, { ...event, data }, `msg_${data.id}`)
    await again()
    await Session.deleteOne({ _id: data.id })
    expect(await again()).toEqual(ignored)
    expect(await read(Session, data.id)).toBeNull()
    const log = mongoose.connection.collection<DeliveryEntry & { _id: string }>('clerk_deliveries')
    expect(await log.findOne({ _id: `msg_${data.id}` })).toMatchObject({
      outcome: 'ignored',
      attempts: 2,
      hooksDone: [expect.any(String)],
    })
  })
})

describe('the example for invitations', () => {
  const { organizationInvitationCreated, organizationInvitationAccepted, organizationInvitationRevoked } = fixtures

  test('keeps an accepted invitation accepted in any order of the deliveries', async () => {
    const make = () => {
      const created = organizationInvitationCreated({ email_address: 'new@example.com', organization_id: 'org_1' })
      return [created, organizationInvitationAccepted(created.data, { id: 'user_1' })]
    }
    const expected = { status: 'accepted', acceptedBy: 'user_1', email: 'new@example.com', organizationId: 'org_1' }
    await expectInAnyOrder(invitations, Invitation, make, expected)
  })

  test('keeps a revoked invitation revoked in any order, also if both events have the same version', async () => {
    const make = () => {
      const created = organizationInvitationCreated()
      const revoked = organizationInvitationRevoked(created.data)
      return [created, { ...revoked, data: { ...revoked.data, updated_at: created.data.updated_at ?? 0 } }]
    }
    await expectInAnyOrder(invitations, Invitation, make, { status: 'revoked', expiresAt: expect.any(Date) })
  })

  test('does not need the status of the data, and does not store the URL', async () => {
    const { data, ...event } = organizationInvitationRevoked()
    const { status: _, ...without } = data
    await deliver(invitations, { ...event, data: without })
    expect(await read(Invitation, data.id)).toMatchObject({ status: 'revoked' })
    expect(JSON.stringify(await read(Invitation, data.id))).not.toContain('token')
  })
})

describe('the example for the waitlist', () => {
  const { waitlistEntryCreated, waitlistEntryUpdated } = fixtures

  test('has the newest status in any order of the deliveries', async () => {
    const make = () => {
      const created = waitlistEntryCreated({ email_address: 'waiting@example.com' })
      const invited = waitlistEntryUpdated(created.data, { status: 'invited' })
      return [created, invited, waitlistEntryUpdated(invited.data, { status: 'completed' })]
    }
    await expectInAnyOrder(waitlist, WaitlistEntry, make, { status: 'completed', email: 'waiting@example.com' })
  })

  test('fails the delivery if a unique index of the app refuses an entry', async () => {
    await WaitlistEntry.collection.createIndex(
      { email: 1 },
      { unique: true, partialFilterExpression: { email: 'one' } },
    )
    const twin = () => deliver(waitlist, waitlistEntryCreated({ email_address: 'one' }))
    expect(await twin()).toEqual(ignored)
    expect(await twin()).toMatchObject({ status: 500 })
    await WaitlistEntry.collection.dropIndex('email_1')
  })
})

describe('the example for subscriptions', () => {
  const { subscriptionCreated, subscriptionUpdated, subscriptionPastDue, subscriptionActive } = fixtures

  test.each([{ user_id: 'user_payer' }, { organization_id: 'org_payer' }])(
    'has the newest state of what %o pays for, in any order of the deliveries',
    async (by) => {
      const make = () => {
        const created = subscriptionCreated(by)
        const pastDue = subscriptionPastDue(created.data)
        return [created, pastDue, subscriptionActive(pastDue.data)]
      }
      const [payerId] = Object.values(by)
      await expectInAnyOrder(subscriptions, Subscription, make, { status: 'active', payerId, plans: ['pro'] })
      expect((await Subscription.find({ payerId }).lean()).map(({ status }) => status)).not.toContain('past_due')
    },
  )

  test('has the plans of the newest version that are in use', async () => {
    const { data: before, ...event } = subscriptionCreated()
    const item = (status: string, slug: string) => ({ id: `item_${slug}`, status, plan: { id: slug, slug } })
    const items = [item('canceled', 'pro'), item('upcoming', 'free'), item('ended', 'team')]
    const changed = subscriptionUpdated(before, { items })
    for (const each of [changed, { ...event, data: before }]) await deliver(subscriptions, each)
    expect(await read(Subscription, before.id)).toMatchObject({ plans: ['pro'] })
  })
})
