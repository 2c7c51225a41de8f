/*
 * A token contains what the queue needs about one local change: when it is due, and how often its push failed. It is a
 * string, so that one index orders the queue. The next local change replaces it.
 */

const text = (time: number) => Math.max(0, Math.trunc(time)).toString(16).padStart(12, '0')
const random = () => crypto.randomUUID().replaceAll('-', '')

/** Prefixes that determine the order. New changes are first, whatever the clock of their process. */
const DUE = 'a'
const AGAIN = 'b'
const GIVEN_UP = 'f'

/** Suffix of a token that an event set. */
const FOUND = '.found'

/** The mark of a local change. */
export const newToken = (): string => `${DUE}${text(Date.now())}.${random()}.0`

/** The mark of a user whose event had other values than MongoDB. The app's next change replaces it. */
export const tokenOfEvent = (): string => newToken() + FOUND

/** Whether an event set this token. */
export const isOfEvent = (token: string): boolean => token.endsWith(FOUND)

const origin = (token: string) => (isOfEvent(token) ? FOUND : '')

/** The mark of the same change, due again at `at` (milliseconds), with one more attempt counted. */
export const tokenForRetry = (token: string, at: number): string =>
  `${AGAIN}${text(at)}.${random()}.${attemptsOf(token) + 1}${origin(token)}`

/** The mark of the same change, due at `at` (milliseconds), with the same number of attempts. */
export const tokenPostponed = (token: string, at: number): string =>
  `${AGAIN}${text(at)}.${random()}.${attemptsOf(token)}${origin(token)}`

/** The mark of a change that is no longer pushed. It keeps events from setting the status to active. */
export const tokenGivenUp = (token: string): string => `${GIVEN_UP}${token.slice(1)}`

/** Number of failed pushes of this change. */
export const attemptsOf = (token: string): number => Number(token.split('.')[2]) || 0

/** Matches any mark. A missing path, `null` and an empty string are not marks. */
export const ANY_TOKEN = { $gt: '' } as const
/** Matches documents without a mark. */
export const NO_TOKEN = { $not: { $gt: '' } } as const
/** Matches marks that a worker must still push. */
export const WAITING = { $gt: '', $lt: GIVEN_UP } as const
/** Matches marks whose push failed before. */
export const RETRYING = { $gte: AGAIN, $lt: GIVEN_UP } as const
/** Matches marks of changes whose push was not tried yet. */
export const FIRST = { $gte: DUE, $lt: AGAIN } as const
/** Matches marks of abandoned pushes. */
export const ABANDONED = { $gte: GIVEN_UP } as const
/** When the change became due. */
export const dueTime = (token: string): Date => new Date(Number.parseInt(token.slice(1, 13), 16))
/** Matches marks that are due. */
export const dueAt = (now: number) => ({ $gt: '', $lte: `${AGAIN}${text(now)}.~` })

/** The lease of a worker on a document, valid until `until` (milliseconds). */
export const newLease = (until: number): string => `${text(until)}.${random()}`
/** Matches documents without a valid lease. */
export const freeAt = (now: number) => ({ $not: { $gt: text(now) } })
/** Whether a lease is still valid. */
export const isHeld = (lease: unknown): boolean => typeof lease === 'string' && lease > text(Date.now())
