/*
 * A token says of one local change all that the queue needs: when it is due, and how often pushing it was tried. It is text,
 * so that one index gives the queue in order, and the next local change, which replaces it, starts over by itself.
 */

const text = (time: number) => Math.max(0, Math.trunc(time)).toString(16).padStart(12, '0')
const random = () => crypto.randomUUID().replaceAll('-', '')

/** Begins with what sorts it: changes first, whatever the clock of the process that made them says. */
const DUE = 'a'
const AGAIN = 'b'
const GIVEN_UP = 'f'

/** Ends the token of a mark that an event left. */
const FOUND = '.found'

/** The mark of a local change. */
export const newToken = (): string => `${DUE}${text(Date.now())}.${random()}.0`

/** The mark of a user whom an event found to have something else at Clerk. The app's next change replaces it. */
export const tokenOfEvent = (): string => newToken() + FOUND
export const isOfEvent = (token: string): boolean => token.endsWith(FOUND)
const origin = (token: string) => (isOfEvent(token) ? FOUND : '')

/** The mark of the same change, to be tried once more from `at` (milliseconds) on. */
export const tokenForRetry = (token: string, at: number): string =>
  `${AGAIN}${text(at)}.${random()}.${attemptsOf(token) + 1}${origin(token)}`

/** The mark of the same change, to be tried from `at` (milliseconds) on; it was not tried now. */
export const tokenPostponed = (token: string, at: number): string =>
  `${AGAIN}${text(at)}.${random()}.${attemptsOf(token)}${origin(token)}`

/** The mark of a change that is not tried any more: it still keeps events from calling the document in step. */
export const tokenGivenUp = (token: string): string => `${GIVEN_UP}${token.slice(1)}`

/** How often pushing this change has failed. */
export const attemptsOf = (token: string): number => Number(token.split('.')[2]) || 0

/** Any mark. An absent path, `null` and an empty text are none. */
export const ANY_TOKEN = { $gt: '' } as const
export const NO_TOKEN = { $not: { $gt: '' } } as const
/** Marks that some worker is still to push. */
export const WAITING = { $gt: '', $lt: GIVEN_UP } as const
/** Marks of which it is time. */
export const dueAt = (now: number) => ({ $gt: '', $lte: `${AGAIN}${text(now)}.~` })

/** What a worker leaves on the document that it pushes: until when it is his alone (milliseconds). */
export const newLease = (until: number): string => `${text(until)}.${random()}`
export const freeAt = (now: number) => ({ $not: { $gt: text(now) } })
export const isHeld = (lease: unknown): boolean => typeof lease === 'string' && lease > text(Date.now())
