import type { ClerkUserEvent, ClerkWebhookEvent, RefusalCode, SyncOutcome } from 'clerk-mongo-sync'
import { fixtures, type UserOverrides } from 'clerk-mongo-sync/testing'

/** One delivery, and what must come of it. */
export interface Delivery {
  story: string
  event: ClerkWebhookEvent
  messageId: string
  /** Signed with a secret that is not ours. */
  isForged?: boolean
  /** Signed rightly, but ten minutes ago. */
  isExpired?: boolean
  /** The app cannot reach its mail server just then. */
  isMailAway?: boolean
  status: number
  result: SyncOutcome | RefusalCode
  /** Clerk ids of the users to show afterwards. */
  shows: string[]
}

export interface Chapter {
  title: string
  deliveries: Delivery[]
}

let messages = 0

/** A delivery that is accepted. */
export function sent(story: string, event: ClerkWebhookEvent, result: SyncOutcome, shows?: string[]): Delivery {
  const messageId = `msg_demo_${++messages}`
  return { story, event, messageId, status: 200, result, shows: shows ?? [String(event.data.id)] }
}

/** The same message once more, as Svix sends it again. */
export function again(story: string, first: Delivery, result: SyncOutcome): Delivery {
  return { ...first, story, status: 200, result, isMailAway: false }
}

/** A delivery whose user is stored, and whose hook fails. */
export function failing(story: string, event: ClerkWebhookEvent): Delivery {
  return { ...sent(story, event, 'created'), isMailAway: true, status: 500, result: 'internal_error' }
}

/** A delivery that must not get in. */
export function refused(
  story: string,
  event: ClerkWebhookEvent,
  how: Pick<Delivery, 'isForged' | 'isExpired'>,
  result: RefusalCode,
): Delivery {
  return { ...sent(story, event, 'ignored'), ...how, status: 400, result }
}

/** A time of today, in milliseconds, as Clerk counts. */
export function clock(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return new Date().setHours(hours, minutes, 0, 0)
}

/** The time of a user's sign-up, for `fixtures`. */
export const at = (time: string) => ({ created_at: clock(time), updated_at: clock(time) })

/** A change of a user's at that time. */
export function changed(time: string, before: ClerkUserEvent, changes: UserOverrides): ClerkUserEvent {
  return fixtures.userUpdated(before.data, { ...changes, updated_at: clock(time) })
}

export function deleted(time: string, { data }: ClerkUserEvent): ClerkWebhookEvent {
  return { ...fixtures.userDeleted(data), timestamp: clock(time) }
}
