import { ClerkSyncError } from '../errors'
import { type ClerkUserJSON, isClerkId, MAX_TIME } from '../events/events'
import type { ClerkUserInput } from '../store/write'

/**
 * Returns Clerk's JSON of a user, given that JSON or the SDK's `User` object, which has it as `raw`.
 * @throws {ClerkSyncError} `invalid_clerk_user` for anything else.
 */
export function clerkUserJSON(input: ClerkUserInput): ClerkUserJSON {
  const json: unknown = isObject(input) && isObject(input.raw) ? input.raw : input
  if (isObject(json) && isClerkId(json.id) && !('updatedAt' in json)) return json as { id: string }
  throw new ClerkSyncError(
    'invalid_clerk_user',
    "This is no Clerk user: expected the JSON of a webhook or of Clerk's Backend API (with a text `id`), or the SDK's " +
      '`User` object as it came (a copy made by spreading loses `raw`; pass `user.raw`).',
  )
}

/**
 * Returns the version of a user in milliseconds: `updated_at`, else the time of the event, else `created_at`. Zero if
 * none is known, so that it never replaces a known version.
 */
export function userVersion(user: ClerkUserJSON, eventAt: number | undefined): number {
  return Math.trunc([user.updated_at, eventAt, user.created_at].find(isTime) ?? 0)
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= MAX_TIME
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
