/*
 * A token holds what the queue needs about one local change: when it is due, and how often it was pushed. It is a text, so
 * that one index orders the queue. The next local change replaces it, and so starts over.
 */

const text = (time: number) => Math.max(0, Math.trunc(time)).toString(16).padStart(12, '0')
const random = () => crypto.randomUUID().replaceAll('-', '')

/** Prefixes that determine the order. New changes come first, independently of their process's clock. */
const DUE = 'a'
const AGAIN = 'b'
const GIVEN_UP = 'f'

/** Ending of a token that an event left. */
const FOUND = '.found'

/** The mark of a local change. */
export const newToken = (): string => `${DUE}${text(Date.now())}.${random()}.0`

/** The mark of a user for whom an event showed other values in Clerk. The app's next change replaces it. */
export const tokenOfEvent = (): string => newToken() + FOUND

/** Whether an event left this token. */
export const isOfEvent = (token: string): boolean => token.endsWith(FOUND)

const origin = (token: string) => (isOfEvent(token) ? FOUND : '')

/** The mark of the same change, due again at `at` (milliseconds), with one more attempt counted. */
export const tokenForRetry = (token: string, at: number): string =>
  `${AGAIN}${text(at)}.${random()}.${attemptsOf(token) + 1}${origin(token)}`

/** The mark of the same change, due at `at` (milliseconds), without an attempt. */
export const tokenPostponed = (token: string, at: number): string =>
  `${AGAIN}${text(at)}.${random()}.${attemptsOf(token)}${origin(token)}`

/** The mark of an abandoned change. It still prevents events from reporting the document as in step. */
export const tokenGivenUp = (token: string): string => `${GIVEN_UP}${token.slice(1)}`

/** Number of failed pushes of this change. */
export const attemptsOf = (token: string): number => Number(token.split('.')[2]) || 0

/** Matches any mark. A missing path, `null` and an empty text are no marks. */
export const ANY_TOKEN = { $gt: '' } as const
/** Matches documents without a mark. */
export const NO_TOKEN = { $not: { $gt: '' } } as const
/** Matches marks that a worker must still push. */
export const WAITING = { $gt: '', $lt: GIVEN_UP } as const
/** Matches marks that are due. */
export const dueAt = (now: number) => ({ $gt: '', $lte: `${AGAIN}${text(now)}.~` })

/** The lease of a worker on a document, valid until `until` (milliseconds). */
export const newLease = (until: number): string => `${text(until)}.${random()}`
/** Matches documents without a valid lease. */
export const freeAt = (now: number) => ({ $not: { $gt: text(now) } })
/** Whether a lease is still valid. */
export const isHeld = (lease: unknown): boolean => typeof lease === 'string' && lease > text(Date.now())
