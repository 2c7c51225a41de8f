import { expect } from 'vitest'
import { dig, pathOf } from '../app'
import { person, phonePerson } from '../person'
import type { RunningApp } from '../running-app'
import { comparable } from './comparable'
import type { Stage } from './stage'

/** Users of every kind that the app's schema can store. */
const crowd = ({ app }: RunningApp) => [
  person(),
  person(),
  person({ last_name: app.needs ? 'Byron' : null }),
  ...(app.needs ? [] : [phonePerson(), phonePerson()]),
]

const zero = { missing: 0, stale: 0, changed: 0, deletedInClerk: 0, deletedHere: 0, duplicate: 0 }

/** Stages with Clerk's Backend API: jobs and requests. */
export const clerkStages: Stage[] = [
  {
    name: 'a backfill stores a user as a delivery would',
    async run(running) {
      const user = person()
      await running.created(user)
      const delivered = comparable(running.app, (await running.raw(user.id)) ?? {})
      await running.clear()
      await running.withClerk([user], async (_clerk, clerkSync) => {
        await clerkSync.backfill()
        expect(comparable(running.app, (await running.raw(user.id)) ?? {})).toEqual(delivered)
      })
    },
  },
  {
    name: 'a backfill stores everybody, and reconcile finds no drift',
    async run(running) {
      const people = crowd(running)
      await running.withClerk(people, async (_clerk, clerkSync) => {
        const result = await clerkSync.backfill()
        expect(result).toMatchObject({ created: people.length, conflicts: 0, failed: 0 })
        for (const user of people) await running.expectInStep(user)
        expect((await clerkSync.reconcile()).drift).toEqual(zero)
      })
    },
  },
  {
    name: 'reconcile finds delivered users in step',
    async run(running) {
      const people = crowd(running)
      await running.withClerk(people, async (_clerk, clerkSync) => {
        await running.created(...people)
        expect((await clerkSync.reconcile()).drift).toEqual(zero)
      })
    },
  },
  {
    name: 'reconcile mends what deliveries were lost, and then finds no drift',
    async run(running) {
      const people = crowd(running)
      await running.withClerk(people, async (clerk, clerkSync) => {
        const [changed, deleted] = people.slice(0, 2).map(({ id }) => id)
        await clerkSync.backfill()
        clerk.users.update(changed ?? '', { first_name: 'Augusta' })
        clerk.users.delete(deleted ?? '')
        const late = clerk.users.create({
          email_address: 'late@example.com',
          first_name: 'Late',
          last_name: 'Comer',
          username: 'latecomer',
        })
        expect((await clerkSync.reconcile()).drift).toEqual({ ...zero, missing: 1, stale: 1, deletedInClerk: 1 })
        const report = await clerkSync.reconcile({ apply: true })
        expect(report.after?.drift).toEqual(zero)
        expect((await clerkSync.reconcile()).drift).toEqual(zero)
        const now = clerk.users.get(changed ?? '')
        if (now) await running.expectInStep(now)
        await running.expectInStep(late)
        expect(await running.users.findByClerkId(deleted).activeInClerk()).toBeNull()
      })
    },
  },
  {
    name: 'the first request that beats the webhook gets the document',
    async run(running) {
      const user = person()
      await running.withClerk([user], async (_clerk, clerkSync) => {
        const doc = await clerkSync.ensureUser(user.id)
        expect(doc).not.toBeNull()
        expect(await clerkSync.ensureUser(user.id)).not.toBeNull()
        await running.expectInStep(user)
      })
    },
  },
  {
    name: 'what MongoDB owns takes Clerk’s value first, and is pushed when the app changes it',
    appliesTo: (app) => app.owned !== undefined,
    async run(running) {
      const { path, key, value } = running.app.owned ?? { path: '', key: '', value: '' }
      const owner = person({ public_metadata: { [key]: value, other: 'kept' } })
      const fresh = person()
      await running.withClerk([owner, fresh], async (clerk, clerkSync) => {
        await clerkSync.backfill()
        expect(dig(await running.raw(owner.id), path)).toEqual(value)
        expect(await clerkSync.push()).toMatchObject({ failed: 0, pending: 0 })
        expect(clerk.users.get(owner.id)?.public_metadata).toEqual({ [key]: value, other: 'kept' })
        await running.users.updateOne({ [pathOf(running.app, 'clerkId')]: fresh.id }, { $set: { [path]: value } })
        expect(await clerkSync.push()).toMatchObject({ pushed: 1, failed: 0, pending: 0 })
        expect(clerk.users.get(fresh.id)?.public_metadata).toMatchObject({ [key]: value })
        const echo = clerk.users.get(fresh.id)
        if (echo) await running.deliver('user.updated', echo)
        expect(await running.raw(fresh.id)).toMatchObject({ [pathOf(running.app, 'syncStatus')]: 'active' })
        expect((await clerkSync.reconcile()).drift).toEqual(zero)
      })
    },
  },
]
