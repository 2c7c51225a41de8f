import { ClerkSyncError } from '../errors'
import type { ClerkUserJSON } from '../events/events'
import { runHostCodeNow } from '../host/host-code'
import type { MappedUser, MapUser } from '../store/write'

/**
 * Calls `mapUser` and returns its fields by path.
 * @throws {ClerkSyncError} `host_code_failed` if it throws, `schema_unfit` if it returns a promise or anything but an
 * object.
 */
export function callMapUser(mapUser: MapUser, user: ClerkUserJSON): MappedUser {
  const mapped: unknown = runHostCodeNow('mapUser', undefined, () => mapUser(user))
  if (isPromise(mapped)) {
    // Its rejection would end the process.
    mapped.then(undefined, () => {})
    throw unfit(
      'a promise: it must not be async. Return the fields directly, and do what has to wait in a hook (the option `on`).',
    )
  }
  if (typeof mapped !== 'object' || mapped === null || Array.isArray(mapped))
    throw unfit(`${mapped === null ? 'null' : Array.isArray(mapped) ? 'a list' : typeof mapped}, expected an object.`)
  return mapped as MappedUser
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

const unfit = (what: string) => new ClerkSyncError('schema_unfit', `mapUser returned ${what}`)
