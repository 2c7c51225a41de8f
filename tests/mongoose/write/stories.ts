import type { ClerkWebhookEvent } from 'clerk-mongo-sync'
import { assertSynced, fixtures } from 'clerk-mongo-sync/testing'
import { expect } from 'vitest'
import type { TestModel } from '../../support/database'

/** Changes at Clerk as deliveries, and the expected documents after all have arrived. */
export interface Story {
  name: string
  /** Delivered first, without disturbance. */
  before: ClerkWebhookEvent[]
  /** The delivery that is interrupted, and the one that arrives meanwhile. */
  first: ClerkWebhookEvent
  meanwhile: ClerkWebhookEvent
  check(users: TestModel): Promise<void>
}

const T = 1_800_000_000_000
const updated = (data: ReturnType<typeof fixtures.user>): ClerkWebhookEvent => ({ type: 'user.updated', data })

async function expectDeleted(users: TestModel, clerkId: string): Promise<void> {
  expect(await users.findByClerkId(clerkId).activeInClerk()).toBeNull()
}

/** New users at each call, so that a story can run repeatedly on one collection. */
export function stories(): Story[] {
  const ada = fixtures.user({ username: unique('ada'), updated_at: T })
  const adaLater = fixtures.changedUser(ada, { first_name: 'Augusta', updated_at: T + 1000 })
  const inStep = (users: TestModel) => users.findByClerkId(ada.id).then((doc) => assertSynced(doc, adaLater))
  const address = `${unique('moves')}@example.com`
  const holder = fixtures.user({ email: address, updated_at: T })
  const holderLater = fixtures.changedUser(holder, { email: `left.${address}`, updated_at: T + 1000 })
  const taker = fixtures.user({ email: address, username: unique('taker'), updated_at: T + 2000 })
  return [
    {
      name: 'a creation, and the update meanwhile',
      before: [],
      first: fixtures.userCreated(ada),
      meanwhile: updated(adaLater),
      check: inStep,
    },
    {
      name: 'an update, and the creation meanwhile',
      before: [],
      first: updated(adaLater),
      meanwhile: fixtures.userCreated(ada),
      check: inStep,
    },
    {
      name: 'a creation, and the deletion meanwhile',
      before: [],
      first: fixtures.userCreated(ada),
      meanwhile: fixtures.userDeleted(ada),
      check: (users) => expectDeleted(users, ada.id),
    },
    {
      name: 'a deletion, and the creation meanwhile',
      before: [],
      first: fixtures.userDeleted(ada),
      meanwhile: fixtures.userCreated(ada),
      check: (users) => expectDeleted(users, ada.id),
    },
    {
      name: 'an update, and the deletion meanwhile',
      before: [fixtures.userCreated(ada)],
      first: updated(adaLater),
      meanwhile: fixtures.userDeleted(ada),
      check: (users) => expectDeleted(users, ada.id),
    },
    {
      name: 'a deletion, and an update meanwhile',
      before: [fixtures.userCreated(ada)],
      first: fixtures.userDeleted(ada),
      meanwhile: updated(adaLater),
      check: (users) => expectDeleted(users, ada.id),
    },
    {
      name: 'a user who takes an address, and the holder leaving it meanwhile',
      before: [fixtures.userCreated(holder)],
      first: fixtures.userCreated(taker),
      meanwhile: updated(holderLater),
      async check(users) {
        assertSynced(await users.findByClerkId(taker.id), taker)
        assertSynced(await users.findByClerkId(holder.id), holderLater)
      },
    },
    {
      name: 'a user who takes an address, and the holder deleted meanwhile',
      before: [fixtures.userCreated(holder)],
      first: fixtures.userCreated(taker),
      meanwhile: fixtures.userDeleted(holder),
      async check(users) {
        assertSynced(await users.findByClerkId(taker.id), taker)
        await expectDeleted(users, holder.id)
      },
    },
    {
      name: 'an old claim to an address, and the holder getting it back meanwhile',
      before: [fixtures.userCreated(holder)],
      first: fixtures.userCreated(taker),
      meanwhile: updated({ ...holder, first_name: 'Back', updated_at: T + 3000 }),
      async check(users) {
        assertSynced(await users.findByClerkId(holder.id), { ...holder, first_name: 'Back', updated_at: T + 3000 })
        expect((await users.findByClerkId(taker.id))?.get('email')).toBeUndefined()
      },
    },
    {
      name: 'an old claim to an address, and the new one meanwhile',
      before: [],
      first: fixtures.userCreated(holder),
      meanwhile: fixtures.userCreated(taker),
      async check(users) {
        assertSynced(await users.findByClerkId(taker.id), taker)
        expect((await users.findByClerkId(holder.id))?.get('email')).toBeUndefined()
      },
    },
  ]
}

let made = 0
const unique = (name: string) => `${name}${++made}`
