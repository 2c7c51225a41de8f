import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClerkClient } from '@clerk/backend'
import { type ClerkSync, createClerkSync } from 'clerk-mongo-sync'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { assertSynced } from 'clerk-mongo-sync/testing'
import type { TestModel } from '../support/database'
import { serve } from '../support/serve'

export interface RoundOptions {
  users: TestModel
  /** Of a development instance, or of the fake Clerk. */
  secretKey: string
  signingSecret: string
  apiUrl?: string
  /** Brings Clerk's deliveries to an address of this machine until the function it gives is called. */
  listen(url: string): Promise<() => Promise<void>>
  /** How long a delivery may take, in milliseconds. */
  patience: number
  /** Hears of every step that was made. */
  say(step: string): void
}

/** The whole round: a user is made at Clerk, comes by webhook, changes on both sides, is compared, and is deleted. */
export async function liveRound(options: RoundOptions): Promise<void> {
  const { users, secretKey, apiUrl, signingSecret, say } = options
  const clerk = createClerkClient({ secretKey, ...(apiUrl !== undefined && { apiUrl }) })
  const clerkSync = createClerkSync({
    users,
    signingSecret,
    clerk: { secretKey, ...(apiUrl !== undefined && { apiUrl }) },
  })
  const app = await serve(toNodeHandler(clerkSync))
  const stopListening = await options.listen(`${app.url}/api/webhooks/clerk`)
  const mark = randomBytes(4).toString('hex')
  let clerkId: string | undefined
  try {
    // Clerk sends nothing to addresses with +clerk_test, and takes 424242 for their code.
    const emailAddress = [`live.${mark}+clerk_test@example.com`]
    const created = await clerk.users.createUser({ emailAddress, firstName: 'Live', skipPasswordRequirement: true })
    clerkId = created.id
    say(`created ${clerkId} at Clerk`)
    await inStep(options, clerkSync, () => clerk.users.getUser(created.id))
    say('it came by webhook')
    await clerk.users.updateUser(clerkId, { firstName: 'Alive' })
    await inStep(options, clerkSync, () => clerk.users.getUser(created.id))
    say('its change came by webhook')
    await clerk.users.deleteUser(clerkId)
    await until(options, 'the deletion', async () => (await stored(users, created.id))?.clerkDeletedAt instanceof Date)
    clerkId = undefined
    if ((await clerkSync.ensureUser(created.id)) !== null) throw new Error('ensureUser brought a deleted user back.')
    say('its deletion came by webhook, and it stays deleted')
  } finally {
    if (clerkId !== undefined) await clerk.users.deleteUser(clerkId).catch(() => {})
    await stopListening()
    await app.close()
  }
}

const stored = (users: TestModel, clerkId: string) => users.collection.findOne({ clerkId })

/** Waits until the document holds what Clerk has, then has `reconcile` say the same. */
async function inStep(
  options: RoundOptions,
  clerkSync: ClerkSync,
  atClerk: () => Promise<{ id: string; raw: object | null }>,
): Promise<void> {
  let problem: unknown
  const { id } = await atClerk()
  await until(options, 'the webhook', async () => {
    try {
      assertSynced(await options.users.findByClerkId(id), (await atClerk()) as Parameters<typeof assertSynced>[1])
      return true
    } catch (error) {
      problem = error
      return false
    }
  }).catch((error) => {
    throw new Error(`${error.message} ${problem instanceof Error ? problem.message : ''}`)
  })
  const { drift } = await clerkSync.reconcile({ users: [id] })
  const found = Object.entries(drift).filter(([, count]) => count > 0)
  if (found.length > 0) throw new Error(`reconcile found ${found.map(([kind]) => kind).join(', ')}.`)
}

async function until({ patience }: RoundOptions, what: string, isDone: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + patience
  while (!(await isDone())) {
    if (Date.now() > end) throw new Error(`${what} did not come within ${patience / 1000} s.`)
    await sleep(patience / 100)
  }
}
