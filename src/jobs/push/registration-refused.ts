import { refusalOf } from '../../clerk-api/refusal'
import { ClerkSyncError } from '../../errors'

const reasons: Record<string, string> = {
  form_identifier_exists: 'another user has this e-mail address, username or external id',
  form_data_missing: 'the instance requires a field that the account lacks; see skipPasswordRequirement',
  form_param_missing: 'the instance requires a field that the account lacks; see skipPasswordRequirement',
  form_param_format_invalid: 'the e-mail address or another value has the wrong format',
  user_quota_exceeded: 'the instance has reached its limit of users',
}

/**
 * Converts Clerk's refusal of a new user to an error with its reason in words. Returns other errors unchanged. Clerk's
 * codes name the field, never the value.
 */
export function explained(error: unknown): unknown {
  const refusal = refusalOf(error)
  if (!refusal || ![400, 402, 403, 409, 422].includes(refusal.status)) return error
  const { status, clerkCode: code } = refusal
  // Without Clerk's code, the refusal concerns the key, or does not come from Clerk.
  if (status === 403 && code === undefined) return error
  const why = reasons[code ?? ''] ?? 'Clerk does not accept the data'
  const message = `Clerk refused to create the user (${code ?? `status ${status}`}): ${why}.`
  return new ClerkSyncError('registration_refused', message, { cause: refusal })
}

/** Whether Clerk would refuse all other accounts too: no more users, or a missing feature. */
export function isForAll(error: unknown): boolean {
  const cause = error instanceof ClerkSyncError ? error.cause : undefined
  const status = cause instanceof Error && 'status' in cause ? cause.status : undefined
  return status === 402 || status === 403
}
