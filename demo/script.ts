import type { RefusalCode, SyncOutcome } from 'clerk-mongo-sync'
import type { FakeEvent } from 'clerk-mongo-sync/testing'

/** One delivery and its expected result. */
export interface Delivery {
  story: string
  message: Pick<FakeEvent, 'messageId' | 'event'>
  /** Not from Clerk: signed with another secret. */
  isForged?: boolean
  /** Not from Clerk: signed correctly, but ten minutes ago. */
  isExpired?: boolean
  /** Whether the mail server is unreachable. */
  isMailAway?: boolean
  status: number
  result: SyncOutcome | RefusalCode
  /** Clerk ids of the users to show afterwards. */
  shows: string[]
}

/** A call of the app and its expected result. */
export interface Call {
  story: string
  /** Name of the method of `clerkSync`. */
  name: string
  run(): Promise<string>
  says: string
  shows: string[]
}

/** One step of the demo. Changes at Clerk are made between steps. */
export type Scene = { chapter: string } | Delivery | Call

/** A delivery of Clerk that is accepted. */
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

/** A delivery that must be refused. */
export function refused(
  story: string,
  message: Delivery['message'],
  how: Pick<Delivery, 'isForged' | 'isExpired'>,
  result: RefusalCode,
): Delivery {
  return { ...sent(story, message, 'ignored'), ...how, status: 400, result }
}
