import type { RefusalCode, SyncOutcome } from 'clerk-mongo-sync'
import type { FakeEvent } from 'clerk-mongo-sync/testing'

/** One delivery, and what must come of it. */
export interface Delivery {
  story: string
  message: Pick<FakeEvent, 'messageId' | 'event'>
  /** Not by Clerk: signed with a secret that is not ours. */
  isForged?: boolean
  /** Not by Clerk: signed rightly, but ten minutes ago. */
  isExpired?: boolean
  /** The app cannot reach its mail server just then. */
  isMailAway?: boolean
  status: number
  result: SyncOutcome | RefusalCode
  /** Clerk ids of the users to show afterwards. */
  shows: string[]
}

/** Something the app does by itself, and what it must say. */
export interface Call {
  story: string
  /** Of `clerkSync`. */
  name: string
  run(): Promise<string>
  says: string
  shows: string[]
}

/** What is played one after the other. What happens at Clerk happens in between. */
export type Scene = { chapter: string } | Delivery | Call

/** A delivery of Clerk's that is accepted. */
export function sent(story: string, message: Delivery['message'], result: SyncOutcome, shows?: string[]): Delivery {
  return { story, message, status: 200, result, shows: shows ?? [String(message.event.data.id)] }
}

/** The same message once more, as Svix sends it again. */
export function again(story: string, first: Delivery, result: SyncOutcome): Delivery {
  return sent(story, first.message, result, first.shows)
}

/** A delivery whose user is stored, and whose hook fails. */
export function failing(story: string, message: Delivery['message']): Delivery {
  return { ...sent(story, message, 'created'), isMailAway: true, status: 500, result: 'internal_error' }
}

/** A delivery that must not get in. */
export function refused(
  story: string,
  message: Delivery['message'],
  how: Pick<Delivery, 'isForged' | 'isExpired'>,
  result: RefusalCode,
): Delivery {
  return { ...sent(story, message, 'ignored'), ...how, status: 400, result }
}
