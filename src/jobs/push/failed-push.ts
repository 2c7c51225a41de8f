import { refusalOf } from '../../clerk-api/refusal'
import { ClerkSyncError, isClerkSyncError } from '../../errors'
import type { JobFailure } from '../run/job-failure'

/** How often a change is tried before it is given up: over some ten hours. */
export const MAX_ATTEMPTS = 16

/** Refusals that say nothing about the user: the key, whatever stands between, the pace. */
const passing = [401, 403, 404, 408, 425, 429]

/** Whether Clerk will never take it as it is. */
export function isFinal(error: unknown): boolean {
  if (!isClerkSyncError(error) || error.code === 'push_refused' || isContested(error)) return true
  const status = refusalOf(error)?.status
  return status !== undefined && status >= 400 && status < 500 && !passing.includes(status)
}

const reasons: Record<string, string> = {
  form_identifier_exists: 'another user there has the username or external id',
  form_username_invalid_length: 'the username is too short or too long for the instance',
  form_username_invalid_character: 'the username has a character that the instance does not allow',
  form_param_format_invalid: 'a value is not of the form it expects',
}

/** The error for what Clerk will never take, with its reason in words where that is known; any other error as it is. */
export function refusedPush(error: unknown): unknown {
  const refusal = refusalOf(error)
  if (!refusal) return error
  const { status, clerkCode } = refusal
  const why = reasons[clerkCode ?? ''] ?? 'it does not accept the values'
  const message = `Clerk refused the push (${clerkCode ?? `status ${status}`}): ${why}. Change what is stored.`
  return new ClerkSyncError('push_refused', message, { cause: refusal })
}

/** What it looks like where what is pushed is reverted again and again. */
export const CONTESTED = 'another database, or other code, keeps writing at Clerk what MongoDB owns here'

/** The error for what is not sent once more. */
export const contestedPush = (): ClerkSyncError =>
  new ClerkSyncError(
    'push_contested',
    `Given up: ${CONTESTED}. Let one database push to a Clerk instance; the next change of the app is pushed anew.`,
  )

export const isContested = (error: unknown): boolean => isClerkSyncError(error) && error.code === 'push_contested'

/** Whether no user can be pushed. A 403 may be about one user alone. */
export function isWrongKey(error: unknown): boolean {
  return isClerkSyncError(error) && error.code === 'clerk_key_invalid' && refusalOf(error)?.status !== 403
}

/** From ten seconds to two hours, doubling, the half of it drawn at random, and as long as Clerk asks for. In milliseconds. */
export function waitAfter(attempts: number, error: unknown): number {
  const wait = Math.min(7_200_000, 10_000 * 2 ** attempts)
  return Math.max(refusalOf(error)?.retryAfterMs ?? 0, wait * (0.5 + Math.random() / 2))
}

/** The failure as the result of a run tells it. */
export function describe(clerkId: string, error: unknown): JobFailure {
  if (isClerkSyncError(error)) return { clerkId, code: error.code, message: error.message }
  return { clerkId, code: 'push_refused', message: 'The stored values could not be sent.' }
}
