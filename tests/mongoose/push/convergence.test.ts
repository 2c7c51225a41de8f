import { type ClerkUserJSON, createClerkSync, isClerkSyncError } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { queueOf } from './queue'

const db = useDatabase('push_convergence')
/** After too many changes by others the claim expires, and a worker pushes again. */
function leaveToLease(error: unknown): void {
  if (!isClerkSyncError(error) || error.code !== 'contention') throw error
}

const pause = (ms: number) => new Promise((resume) => setTimeout(resume, ms))

/** A seeded generator of integers. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

/** One user at Clerk: the last write wins, and each creates a version and an event. */
function clerkOf(user: ClerkUserJSON) {
  let current = user
  const events: ClerkUserJSON[] = []
  return {
    events,
    get: () => structuredClone(current),
    change(changes: object): ClerkUserJSON {
      current = { ...current, ...changes, updated_at: (current.updated_at ?? 0) + 1 }
      events.push(structuredClone(current))
      return structuredClone(current)
    },
  }
}

it.each([1, 2, 3, 4, 5, 6])('both sides end equal after any interleaving: history %i', async (seed) => {
  const random = randomOf(seed)
  const users = await db.users({ push: { publicMetadata: ['plan'] } })
  // With a hook, so that events wait for pushes in progress.
  const { sync } = createClerkSync({ users, on: { 'user.updated': () => {} } })
  const user = fixtures.user()
  const queue = queueOf(users)
  const clerk = clerkOf(user)
  await sync(fixtures.userCreated(user), { messageId: 'msg_0' })

  async function work(leaseMs: number): Promise<number> {
    const claims = await queue.claim(5, leaseMs, {})
    for (const claim of claims) {
      const before = clerk.get()
      await pause(random(15))
      const wanted = claim.owned.public_metadata
      const isInStep = JSON.stringify(before.public_metadata) === JSON.stringify(wanted)
      const answers = isInStep ? [] : [clerk.change({ public_metadata: wanted })]
      await pause(random(15))
      const end = random(6)
      if (end === 0) await queue.retryLater(claim, Date.now(), {}, { before, answers }).catch(leaveToLease)
      // Simulates a crashed process.
      else if (end !== 1) await queue.complete(claim, { before, answers }, {}).catch(leaveToLease)
    }
    return claims.length
  }

  async function deliver(): Promise<void> {
    const data = clerk.events[random(clerk.events.length)]
    if (data) await sync({ type: 'user.updated', data }, { messageId: `msg_${data.updated_at}` })
  }

  const steps = Array.from({ length: 30 }, (_, step) => async () => {
    const kind = random(4)
    if (kind === 0) await users.updateOne({ clerkId: user.id }, { plan: `plan ${step}` } as never)
    else if (kind === 1) clerk.change({ first_name: `name ${step}` })
    else if (kind === 2) await work(random(2) === 0 ? 5 : 40)
    else await deliver()
  })
  await Promise.all(
    [0, 1, 2].map(async (lane) => {
      for (const [index, step] of steps.entries()) if (index % 3 === lane) await step()
    }),
  )
  for (const data of clerk.events) await sync({ type: 'user.updated', data }, { messageId: `msg_${data.updated_at}` })
  await expect.poll(() => work(200).then(() => queue.countDue({})), { timeout: 15_000 }).toBe(0)
  for (const data of clerk.events) await sync({ type: 'user.updated', data }, { messageId: `msg_${data.updated_at}` })

  const doc = await users.collection.findOne({ clerkId: user.id })
  const there = clerk.get()
  expect(doc).toMatchObject({ firstName: there.first_name, syncStatus: 'active' })
  if (clerk.events.some(({ public_metadata }) => 'plan' in (public_metadata ?? {})))
    expect(there.public_metadata).toEqual({ plan: doc?.plan })
  expect(doc?.clerkUpdatedAt).toEqual(new Date(there.updated_at ?? 0))
})
