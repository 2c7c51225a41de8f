import { ClerkSyncError, isClerkSyncError } from '../errors'

/** The app's functions that this library calls. */
export type HostCode =
  | 'validator'
  | 'required function'
  | 'setter'
  | 'default'
  | 'middleware'
  | 'mapUser'
  | 'mapOrganization'
  | 'mapMembership'
  | 'linkBy'
  | 'onDelete'

/**
 * Creates the error for a function of the app that threw. The failure is not the user's, so the delivery fails and is
 * retried. The message contains the kind and the path, but not the cause's message, which may quote a value.
 *
 * @param where The schema path, or the middleware's operation.
 */
export function hostCodeFailed(kind: HostCode, where: string | undefined, cause: unknown): ClerkSyncError {
  const place = where === undefined ? '' : kind === 'middleware' ? ` (${where})` : ` of ${where}`
  return new ClerkSyncError(
    'host_code_failed',
    `The ${kind}${place} of your app threw ${nameOf(cause)}. Nothing was stored, and the event will be retried. ` +
      'To reject a value, return false or a validation error instead of throwing.',
    { cause },
  )
}

/**
 * Runs a function of the app. Errors of this library and of the database are rethrown unchanged.
 * @throws {ClerkSyncError} `host_code_failed`.
 */
export async function runHostCode<T>(kind: HostCode, where: string | undefined, run: () => T): Promise<Awaited<T>> {
  try {
    return await run()
  } catch (error) {
    throw isPassedOn(error) ? error : hostCodeFailed(kind, where, error)
  }
}

/** As `runHostCode`, for synchronous functions. */
export function runHostCodeNow<T>(kind: HostCode, where: string | undefined, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw isPassedOn(error) ? error : hostCodeFailed(kind, where, error)
  }
}

/** Whether an error is ours or the driver's, and so needs no wrapping. */
export const isPassedOn = (error: unknown): boolean =>
  isClerkSyncError(error) || (error instanceof Error && /^Mongo/.test(error.name))

function nameOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'a value that is not an Error'
  return /^\w{1,64}$/.test(cause.name) ? cause.name : 'an Error'
}
