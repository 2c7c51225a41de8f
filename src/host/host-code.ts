import { ClerkSyncError, isClerkSyncError } from '../errors'

/** Code of the app that this library calls. */
export type HostCode =
  | 'validator'
  | 'required function'
  | 'setter'
  | 'default'
  | 'middleware'
  | 'mapUser'
  | 'linkBy'
  | 'onDelete'

/**
 * The error for code of the app that threw instead of answering. It says nothing about the user, so the delivery fails and is
 * tried again. The message names the kind and the path, never the message of the cause, which may quote a value.
 *
 * @param where The schema path, or the middleware's operation.
 */
export function hostCodeFailed(kind: HostCode, where: string | undefined, cause: unknown): ClerkSyncError {
  const place = where === undefined ? '' : kind === 'middleware' ? ` (${where})` : ` of ${where}`
  return new ClerkSyncError(
    'host_code_failed',
    `The ${kind}${place} of your app threw ${nameOf(cause)}; nothing was stored, and the event is tried again. ` +
      'Code that refuses a value must return false or a validation error instead of throwing.',
    { cause },
  )
}

/** Runs code of the app. Errors of this library and of the database pass as they are. */
export async function runHostCode<T>(kind: HostCode, where: string | undefined, run: () => T): Promise<Awaited<T>> {
  try {
    return await run()
  } catch (error) {
    throw isPassedOn(error) ? error : hostCodeFailed(kind, where, error)
  }
}

/** The same for code that must answer at once. */
export function runHostCodeNow<T>(kind: HostCode, where: string | undefined, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw isPassedOn(error) ? error : hostCodeFailed(kind, where, error)
  }
}

/** Whether an error already says what failed: ours, or the driver's. */
export const isPassedOn = (error: unknown): boolean =>
  isClerkSyncError(error) || (error instanceof Error && /^Mongo/.test(error.name))

function nameOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'something that is no Error'
  return /^\w{1,64}$/.test(cause.name) ? cause.name : 'an Error'
}
