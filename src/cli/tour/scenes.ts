import { isDeepStrictEqual } from 'node:util'
import type { TourApp } from './open-app'

/** A document as the driver reads it. */
export type Stored = Record<string, unknown>

/** One change in Clerk, and its effect in MongoDB. */
export interface Scene {
  title: string
  /** The webhook and its response, or a job's figures. */
  what: string
  /** The fields that changed in MongoDB; empty if none did. */
  stored: Stored
}

const SIGNED_UP_BEFORE = 20

/** Plays the scenes in order. @throws {Error} if a scene ends unexpectedly. */
export async function* scenes({ clerk, clerkSync, users }: TourApp): AsyncGenerator<Scene> {
  clerk.seed(SIGNED_UP_BEFORE)
  const { created } = await clerkSync.backfill()
  expect(created === SIGNED_UP_BEFORE, `backfill stored ${created} of ${SIGNED_UP_BEFORE} users`)
  const title = `${SIGNED_UP_BEFORE} people signed up before the webhook existed`
  yield { title, what: `backfill  created ${created}`, stored: { users: await users.countDocuments() } }

  let before: Stored = {}
  const play = async (title: string, clerkId: string, outcome: string): Promise<Scene> => {
    await clerk.settle()
    const last = clerk.deliveries.at(-1)
    const what = `${last?.type}  ${last?.status ?? last?.error}  ${last?.response ?? ''}`
    expect(
      last?.status === 200 && last.response?.includes(`"${outcome}"`),
      `${title}: expected ${outcome}, got ${what}`,
    )
    const after: Stored = (await users.findOne({ clerkId })) ?? {}
    const stored = changesOf(before, after)
    before = after
    return { title, what, stored }
  }

  const ada = clerk.users.create({ email_address: 'ada@example.com', first_name: 'Ada', last_name: 'Byron' })
  yield play('Ada signs up', ada.id, 'created')
  const signUp = clerk.events().at(-1)?.messageId ?? ''
  clerk.users.update(ada.id, { last_name: 'Lovelace' })
  yield play('Ada changes her name', ada.id, 'updated')
  clerk.resend(signUp)
  yield play('Her sign-up is delivered again, too late: nothing changes', ada.id, 'stale')
  clerk.users.delete(ada.id)
  yield play('Ada deletes her account', ada.id, 'deleted')
}

function expect(holds: boolean | undefined, message: string): void {
  if (!holds) throw new Error(message)
}

function changesOf(before: Stored, after: Stored): Stored {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const changed = names.filter((name) => !isDeepStrictEqual(before[name], after[name]))
  return Object.fromEntries(changed.map((name) => [name, after[name]]))
}
