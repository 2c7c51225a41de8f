import { fixtures } from 'clerk-mongo-sync/testing'
import { expect } from 'vitest'
import { type App, besideEmail, dig, isPlain, isUnique, pathOf } from '../app'
import { person } from '../person'
import type { RunningApp } from '../running-app'
import type { Stage } from './stage'

/** Two users. A minute after the first, the second has its address and username. */
function collidingUsers() {
  const holder = person()
  const [email] = (holder.email_addresses ?? []).map((entry) => entry.email_address)
  const taker = person({
    username: holder.username ?? null,
    updated_at: (holder.updated_at ?? 0) + 60_000,
    ...(email && { email }),
  })
  return { holder, taker }
}

/** Fails unless the loser's document exists and has all values except those that the other user has. */
async function expectLoser(running: RunningApp, winnerId: string, loserId: string): Promise<void> {
  const [winner, loser] = [await running.raw(winnerId), await running.raw(loserId)]
  expect(loser).toMatchObject({ [pathOf(running.app, 'clerkId')]: loserId })
  for (const name of ['email', 'username'] as const) {
    const path = pathOf(running.app, name)
    if (isUnique(running.app, name) && running.hasPath(path)) expect(dig(loser, path), path).not.toBe(dig(winner, path))
  }
}

const isEmailUnique = (app: App) => isUnique(app, 'email') && isPlain(app, pathOf(app, 'email'))

/** Stages in which two users have the same address or username. */
export const collidedStages: Stage[] = [
  {
    name: 'a user who takes address and username over has them, and the older holder is stored without',
    async run(running) {
      const { holder, taker } = collidingUsers()
      await running.created(holder, taker)
      await running.expectInStep(taker)
      await expectLoser(running, taker.id, holder.id)
    },
  },
  {
    name: 'an old claim to address and username leaves the newer holder alone, and is stored without',
    async run(running) {
      const { holder, taker } = collidingUsers()
      await running.created(taker, holder)
      await running.expectInStep(taker)
      await expectLoser(running, taker.id, holder.id)
    },
  },
  {
    name: 'the address of a local account is not taken without linkBy',
    appliesTo: (app) => isEmailUnique(app) && app.options?.linkBy === undefined,
    async run(running) {
      const user = person()
      const email = user.email_addresses?.[0]?.email_address
      await running.users.collection.insertOne(nested(pathOf(running.app, 'email'), email, besideEmail(running.app)))
      const before = await running.rawAll()
      expect(await running.deliver('user.created', user)).toMatchObject({ outcome: 'conflict' })
      expect(await running.rawAll()).toEqual(before)
    },
  },
  {
    name: 'an invited row becomes the user’s, with what the app kept in it',
    appliesTo: (app) => app.invited !== undefined,
    async run(running) {
      const user = person()
      const email = user.email_addresses?.[0]?.email_address ?? ''
      const row = running.app.invited?.(email) ?? {}
      const { insertedId } = await running.users.collection.insertOne({ ...row })
      expect(await running.deliver('user.created', user)).toMatchObject({ outcome: 'linked' })
      const raw = await running.expectInStep(user)
      expect(raw._id).toEqual(insertedId)
      const kept = Object.entries(row).filter(([path]) => !overwritten(running, path))
      expect(raw).toMatchObject(Object.fromEntries(kept))
      const now = fixtures.changedUser(user, { first_name: 'Augusta' })
      expect(await running.deliver('user.updated', now)).toMatchObject({ outcome: 'updated' })
      await running.expectInStep(now)
    },
  },
  {
    name: 'an invited row is linked by a backfill, too',
    appliesTo: (app) => app.invited !== undefined,
    async run(running) {
      const user = person()
      const row = running.app.invited?.(user.email_addresses?.[0]?.email_address ?? '') ?? {}
      const { insertedId } = await running.users.collection.insertOne({ ...row })
      await running.withClerk([user], async (_clerk, clerkSync) => {
        expect(await clerkSync.backfill()).toMatchObject({ conflicts: 0, failed: 0 })
        expect((await running.expectInStep(user))._id).toEqual(insertedId)
        expect(await clerkSync.reconcile()).toMatchObject({ inStep: 1 })
      })
    },
  },
  {
    name: 'an invited row whose address is in capitals is linked, or reported',
    appliesTo: (app) => app.invited !== undefined,
    async run(running) {
      const user = person()
      const address = user.email_addresses?.[0]?.email_address ?? ''
      const row = running.app.invited?.(address.toUpperCase()) ?? {}
      await running.users.collection.insertOne({ ...row })
      const reported: unknown[] = []
      const onConflict = (conflict: unknown) => void reported.push(conflict)
      const { outcome } = await running.deliver('user.created', user, { onConflict })
      if (outcome === 'linked') return void (await running.expectInStep(user))
      const findings = await running.sync().diagnose()
      const ofAddresses = findings.filter(({ check, verdict }) => check === 'addresses' && verdict !== 'ok')
      expect([...reported, ...ofAddresses]).not.toEqual([])
    },
  },
  {
    name: 'an invited row is not given to a user whose address is unverified',
    appliesTo: (app) => app.options?.linkBy === 'verified-email',
    async run(running) {
      const user = person({ email: 'adaline.unverified@example.com', emailVerified: false })
      await running.users.collection.insertOne({ ...running.app.invited?.('adaline.unverified@example.com') })
      const before = await running.rawAll()
      expect(await running.deliver('user.created', user)).toMatchObject({ outcome: 'conflict' })
      expect(await running.rawAll()).toEqual(before)
    },
  },
]

/** A document with the value at a dotted path. */
function nested(path: string, value: unknown, beside: Record<string, unknown>): Record<string, unknown> {
  const [first = '', ...rest] = path.split('.')
  return { ...beside, [first]: rest.length === 0 ? value : nested(rest.join('.'), value, {}) }
}

/** Whether Clerk writes a value of the document from now on. */
function overwritten({ app }: RunningApp, path: string): boolean {
  const names = ['username', 'firstName', 'lastName', 'imageUrl', 'authProvider', 'syncStatus'] as const
  return names.some((name) => pathOf(app, name).split('.')[0] === path) || path in (app.mapped?.(person()) ?? {})
}
