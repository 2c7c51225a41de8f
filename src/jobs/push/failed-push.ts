import { refusalOf } from '../../clerk-api/refusal'
import { ClerkSyncError, isClerkSyncError } from '../../errors'
import type { JobFailure } from '../run/job-failure'

/** Attempts before a change that Clerk fails to accept is abandoned: over about ten hours. */
export const MAX_ATTEMPTS = 16

/** Statuses that do not depend on the user: the key, a proxy, the rate limit. */
const passing = [401, 403, 404, 408, 425, 429]

/** Refusals with one of these statuses that depend on the values all the same. */
const ofValues = ['organization_slugs_disabled']

/** Whether Clerk will never accept the change. */
export function isFinal(error: unknown): boolean {
  if (!isClerkSyncError(error) || error.code === 'push_refused' || isContested(error)) return true
  const { status, clerkCode = '' } = refusalOf(error) ?? {}
  if (ofValues.includes(clerkCode)) return true
  return status !== undefined && status >= 400 && status < 500 && !passing.includes(status)
}

/**
 * Whether the failure says nothing about the change: Clerk was not reached, or would have accepted no request. However
 * long that lasts, the change is not abandoned.
 */
export function isDown(error: unknown): boolean {
  if (!isClerkSyncError(error)) return false
  const status = refusalOf(error)?.status
  if (status === undefined) return error.code === 'clerk_unreachable' || error.code === 'clerk_api_failed'
  // A redirect comes from a proxy. A 403 may concern one user.
  return status < 400 || (passing.includes(status) && status !== 403)
}

const reasons: Record<string, string> = {
  form_identifier_exists: 'another one has this username, slug or external id',
  form_username_invalid_length: 'the username is too short or too long for the instance',
  form_username_invalid_character: 'the username has a character that the instance does not allow',
  form_param_format_invalid: 'a value has the wrong format',
  organization_slugs_disabled: 'slugs are switched off in the Clerk instance',
}

const remedies: Record<string, string> = {
  organization_slugs_disabled: "Switch them on in Clerk's dashboard, or remove slug from push.",
}

/**
 * Converts a refusal by Clerk to an error with its reason in words, if that is known. Returns other errors unchanged.
 */
export function refusedPush(error: unknown): unknown {
  const refusal = refusalOf(error)
  if (!refusal) return error
  const { status, clerkCode } = refusal
  const why = reasons[clerkCode ?? ''] ?? 'Clerk does not accept the values'
  const remedy = remedies[clerkCode ?? ''] ?? 'Change the stored values.'
  const message = `Clerk refused the push (${clerkCode ?? `status ${status}`}): ${why}. ${remedy}`
  return new ClerkSyncError('push_refused', message, { cause: refusal })
}

/** Explanation for a push that is reverted repeatedly. */
export const CONTESTED = 'another database or other code keeps overwriting in Clerk the fields that MongoDB owns'

/** Creates the error for a change that is not sent again. */
export const contestedPush = (): ClerkSyncError =>
  new ClerkSyncError(
    'push_contested',
    `The push was abandoned: ${CONTESTED}. Push to a Clerk instance from one database only. The app's next change is pushed again.`,
  )

/** Whether a push was abandoned because another system keeps reverting it. */
export const isContested = (error: unknown): boolean => isClerkSyncError(error) && error.code === 'push_contested'

/** Whether no user can be pushed with this key. A 403 may concern only one user. */
export function isWrongKey(error: unknown): boolean {
  return isClerkSyncError(error) && error.code === 'clerk_key_invalid' && refusalOf(error)?.status !== 403
}

/**
 * Wait before a retry, in milliseconds: doubles from ten seconds to two hours, with half of it random, and at least
 * `Retry-After`.
 */
export function waitAfter(attempts: number, error: unknown): number {
  const wait = Math.min(7_200_000, 10_000 * 2 ** attempts)
  return Math.max(refusalOf(error)?.retryAfterMs ?? 0, wait * (0.5 + Math.random() / 2))
}

/** Describes a failure for the result of a run. */
export function describe(clerkId: string, error: unknown): JobFailure {
  if (isClerkSyncError(error)) return { clerkId, code: error.code, message: error.message }
  return { clerkId, code: 'push_refused', message: 'The stored values could not be sent.' }
}
