import { isDeepStrictEqual } from 'node:util'
import type { ClerkEventType } from '../../events/events'
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

/** What a scene expects. */
interface Expected {
  title: string
  /** Type of the event whose delivery is shown. */
  type: ClerkEventType
  outcome: string
  /** The document that is shown, by its Clerk id. */
  of: { collection: Collection; clerkId: string }
}

type Collection = TourApp['users' | 'organizations' | 'memberships']

/** Plays the scenes in order. @throws {Error} if a scene ends unexpectedly. */
export async function* scenes({ clerk, clerkSync, ...stored }: TourApp): AsyncGenerator<Scene> {
  const { users, organizations, memberships } = stored
  clerk.seed(SIGNED_UP_BEFORE)
  const { created } = await clerkSync.backfill()
  expect(created === SIGNED_UP_BEFORE, `backfill stored ${created} of ${SIGNED_UP_BEFORE} users`)
  const title = `${SIGNED_UP_BEFORE} people signed up before the webhook existed`
  yield { title, what: `backfill  created ${created}`, stored: { users: await users.countDocuments() } }

  const before = new Map<string, Stored>()
  const play = async ({ title, type, outcome, of: { collection, clerkId } }: Expected): Promise<Scene> => {
    await clerk.settle()
    const last = clerk.deliveries.findLast((delivery) => delivery.type === type)
    const what = `${type}  ${last?.status ?? last?.error}  ${last?.response ?? ''}`
    expect(
      last?.status === 200 && last.response?.includes(`"${outcome}"`),
      `${title}: expected ${outcome}, got ${what}`,
    )
    const after: Stored = (await collection.findOne({ clerkId })) ?? {}
    const stored = changesOf(before.get(clerkId) ?? {}, after)
    before.set(clerkId, after)
    return { title, what, stored }
  }

  const ada = clerk.users.create({ email_address: 'ada@example.com', first_name: 'Ada', last_name: 'Byron' })
  const user = { collection: users, clerkId: ada.id }
  yield play({ title: 'Ada signs up', type: 'user.created', outcome: 'created', of: user })
  const signUp = clerk.events().at(-1)?.messageId ?? ''
  clerk.users.update(ada.id, { last_name: 'Lovelace' })
  yield play({ title: 'Ada changes her name', type: 'user.updated', outcome: 'updated', of: user })
  clerk.resend(signUp)
  const late = 'Her sign-up is delivered again, too late: nothing changes'
  yield play({ title: late, type: 'user.created', outcome: 'stale', of: user })

  const { id } = clerk.organizations.create({ name: 'Engines' })
  const organization = { collection: organizations, clerkId: id }
  yield play({
    title: 'An organization is created',
    type: 'organization.created',
    outcome: 'created',
    of: organization,
  })
  const member = { collection: memberships, clerkId: clerk.organizations.addMember(id, ada.id).id }
  yield play({ title: 'Ada joins it', type: 'organizationMembership.created', outcome: 'created', of: member })
  clerk.organizations.changeRole(id, ada.id, 'org:admin')
  yield play({ title: 'She becomes its admin', type: 'organizationMembership.updated', outcome: 'updated', of: member })
  clerk.organizations.delete(id)
  const ending = 'The organization is deleted, and her membership ends with it'
  yield play({ title: ending, type: 'organization.deleted', outcome: 'deleted', of: member })

  clerk.users.delete(ada.id)
  yield play({ title: 'Ada deletes her account', type: 'user.deleted', outcome: 'deleted', of: user })
}

function expect(holds: boolean | undefined, message: string): void {
  if (!holds) throw new Error(message)
}

function changesOf(before: Stored, after: Stored): Stored {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const changed = names.filter((name) => !isDeepStrictEqual(before[name], after[name]))
  return Object.fromEntries(changed.map((name) => [name, after[name]]))
}
