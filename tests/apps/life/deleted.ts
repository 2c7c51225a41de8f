import { expect } from 'vitest'
import { dig, pathOf, profileNames } from '../app'
import { person, personalTexts, renamed } from '../person'
import type { RunningApp } from '../running-app'
import type { Stage } from './stage'

async function expectNobodyBack(
  running: RunningApp,
  user: ReturnType<typeof person>,
  mode: 'soft' | 'hard' | 'anonymize',
) {
  const before = await running.rawAll()
  const onDelete = { onDelete: mode }
  expect(await running.deliver('user.updated', renamed(user), onDelete)).toMatchObject({ outcome: 'stale' })
  expect(await running.deliver('user.created', user, onDelete)).toMatchObject({ outcome: 'stale' })
  expect(await running.deliver('user.deleted', user, onDelete)).toMatchObject({ outcome: 'duplicate' })
  expect(await running.rawAll()).toEqual(before)
  expect(await running.users.findByClerkId(user.id).activeInClerk()).toBeNull()
}

/** Stages of deletion. */
export const deletedStages: Stage[] = [
  {
    name: 'a soft deletion keeps the document, marks it, and late events bring nobody back',
    async run(running) {
      const user = person()
      await running.created(user)
      expect(await running.deliver('user.deleted', user)).toMatchObject({ outcome: 'deleted' })
      const raw = await running.raw(user.id)
      expect(dig(raw, pathOf(running.app, 'clerkDeletedAt'))).toBeInstanceOf(Date)
      await expectNobodyBack(running, user, 'soft')
    },
  },
  {
    name: 'a hard deletion removes the document, and late events bring nobody back',
    async run(running) {
      const [user, other] = [person(), person()]
      await running.created(user, other)
      expect(await running.deliver('user.deleted', user, { onDelete: 'hard' })).toMatchObject({ outcome: 'deleted' })
      expect(await running.raw(user.id)).toBeNull()
      await expectNobodyBack(running, user, 'hard')
      await running.expectInStep(other)
    },
  },
  {
    name: 'an anonymized document holds nothing personal, and late events bring nobody back',
    async run(running) {
      const user = person()
      await running.created(user)
      const before = await running.raw(user.id)
      expect(await running.deliver('user.deleted', user, { onDelete: 'anonymize' })).toMatchObject({
        outcome: 'deleted',
      })
      const raw = await running.raw(user.id)
      expect(raw?._id).toEqual(before?._id)
      expectNothingPersonal(running, raw, user)
      for (const path of encodedProfile(running)) expect(dig(raw, path), path).not.toEqual(dig(before, path))
      await expectNobodyBack(running, user, 'anonymize')
    },
  },
  {
    name: 'any number of users are anonymized',
    async run(running) {
      const people = [person(), person()]
      await running.created(...people)
      for (const user of people) {
        const result = await running.deliver('user.deleted', user, { onDelete: 'anonymize' })
        expect(result).toMatchObject({ outcome: 'deleted' })
        expectNothingPersonal(running, await running.raw(user.id), user)
      }
    },
  },
  {
    name: 'a deletion that comes first lets nobody in',
    async run(running) {
      const user = person()
      await running.deliver('user.deleted', user)
      await running.deliver('user.created', user)
      expect(await running.users.findByClerkId(user.id).activeInClerk()).toBeNull()
    },
  },
  {
    name: 'a deleted user’s address and username are free for another',
    async run(running) {
      const user = person()
      await running.created(user)
      await running.deliver('user.deleted', user)
      const email = user.email_addresses?.[0]?.email_address
      const heir = person({ username: user.username ?? null, ...(email && { email }) })
      await running.created(heir)
      await running.expectInStep(heir)
    },
  },
]

function expectNothingPersonal({ app }: RunningApp, raw: unknown, user: ReturnType<typeof person>): void {
  const derived = new Set(app.derived)
  const text = JSON.stringify(raw, (key, value) => (derived.has(key) ? undefined : value))
  expect(raw).toBeTruthy()
  for (const personal of personalTexts(user)) expect(text).not.toContain(personal)
}

/** Paths of the profile whose stored value cannot be searched for. */
function encodedProfile({ app }: RunningApp): string[] {
  return profileNames.map((name) => pathOf(app, name)).filter((path) => app.encoded?.includes(path))
}
