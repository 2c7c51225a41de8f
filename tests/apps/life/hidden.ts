import { expect } from 'vitest'
import { dig, pathOf } from '../app'
import { person, personalTexts, renamed } from '../person'
import type { RunningApp } from '../running-app'
import type { Stage } from './stage'

/** A stored user whose document the app hides from its own queries. */
async function hiddenUser(running: RunningApp) {
  const user = person()
  await running.created(user)
  const filter = { [pathOf(running.app, 'clerkId')]: user.id }
  await running.users.collection.updateOne(filter, { $set: { ...running.app.hidden } })
  return user
}

/** Long enough for a write, short enough for an endless loop. */
const timeoutMs = 3_000

function ofHidden(name: string, run: Stage['run']): Stage {
  return { name, run, appliesTo: (app) => app.hidden !== undefined }
}

/** Stages with documents that the app hides from its own queries. */
export const hiddenStages: Stage[] = [
  ofHidden('a hidden document follows Clerk, and stays hidden', async (running) => {
    const user = await hiddenUser(running)
    const now = renamed(user)
    expect(await running.deliver('user.updated', now, { timeoutMs })).toMatchObject({ outcome: 'updated' })
    const raw = await running.raw(user.id)
    expect(dig(raw, pathOf(running.app, 'firstName'))).toBe(now.first_name)
    expect(raw).toMatchObject(running.app.hidden ?? {})
    expect(await running.deliver('user.updated', now, { timeoutMs })).toMatchObject({ outcome: 'duplicate' })
    expect(await running.deliver('user.created', user, { timeoutMs })).toMatchObject({ outcome: 'stale' })
    expect(await running.rawAll()).toHaveLength(1)
  }),
  ofHidden('a hidden document is deleted softly', async (running) => {
    const user = await hiddenUser(running)
    expect(await running.deliver('user.deleted', user, { timeoutMs })).toMatchObject({ outcome: 'deleted' })
    expect(dig(await running.raw(user.id), pathOf(running.app, 'clerkDeletedAt'))).toBeInstanceOf(Date)
  }),
  ofHidden('a hidden document is anonymized', async (running) => {
    const user = await hiddenUser(running)
    const options = { onDelete: 'anonymize', timeoutMs } as const
    expect(await running.deliver('user.deleted', user, options)).toMatchObject({ outcome: 'deleted' })
    const text = JSON.stringify(await running.raw(user.id))
    for (const personal of personalTexts(user)) expect(text).not.toContain(personal)
  }),
  ofHidden('a hidden document is removed, without a loop that never ends', async (running) => {
    const user = await hiddenUser(running)
    const options = { onDelete: 'hard', timeoutMs } as const
    expect(await running.deliver('user.deleted', user, options)).toMatchObject({ outcome: 'deleted' })
    expect(await running.raw(user.id)).toBeNull()
  }),
  ofHidden(
    'reconcile finds a hidden document in step, and a request that asks for it makes no second one',
    async (running) => {
      const user = await hiddenUser(running)
      await running.withClerk([user], async (_clerk, clerkSync) => {
        expect(await clerkSync.reconcile()).toMatchObject({ inStep: 1 })
        await clerkSync.ensureUser(user.id)
        expect(await running.rawAll()).toHaveLength(1)
      })
    },
  ),
]
