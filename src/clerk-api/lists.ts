import { ClerkSyncError } from '../errors'
import { type ClerkResourceJSON, isClerkId } from '../events/events'

/** Which part of a list to return. Clerk's default order is newest first. */
export interface ListQuery {
  /** At most 500. Clerk answers higher limits with ten items. */
  limit: number
  /** @default 0 */
  offset?: number
  /** @default '-created_at' */
  orderBy?: '+created_at' | '-created_at'
}

/** Which organizations to list. */
export interface OrganizationQuery extends ListQuery {
  /** At most 100. The response omits organizations that do not exist. */
  organizationIds?: readonly string[]
}

/** Which memberships to list. Without an organization, those of the whole instance. */
export interface MembershipQuery extends ListQuery {
  /** An organization that does not exist has no memberships. */
  organizationId?: string
  /** At most 100, only with an organization. */
  userIds?: readonly string[]
}

/** A page of a list, and the length of the whole list when the page was read. */
export interface ClerkList<Json> {
  data: Json[]
  totalCount: number
}

/** Time limit of an attempt, in milliseconds, and retries for about a minute, for a list that no request waits for. */
export const listLimits = { timeoutMs: 30_000, retries: 7 } as const

/** Converts a query to Clerk's parameters. @param ids Values of a repeated parameter, by its name. */
export function listSearch(
  { limit, offset, orderBy }: ListQuery,
  ids: Record<string, readonly string[] | undefined> = {},
): URLSearchParams {
  const search = new URLSearchParams({ limit: String(limit) })
  if (offset) search.append('offset', String(offset))
  if (orderBy) search.append('order_by', orderBy)
  for (const [name, values = []] of Object.entries(ids)) {
    for (const value of values) if (value !== '') search.append(name, value)
  }
  return search
}

/**
 * Reads a page in the form `{ data, total_count }`.
 * @throws {ClerkSyncError} `clerk_api_failed` for any other form.
 */
export function readList<Json extends ClerkResourceJSON>(json: unknown, path: string): ClerkList<Json> {
  const { data, total_count } = (json ?? {}) as { data?: unknown; total_count?: unknown }
  if (Array.isArray(data) && data.every(isResource) && typeof total_count === 'number') {
    return { data: data as Json[], totalCount: total_count }
  }
  throw unexpected(`GET ${path}`, 'a list of objects with ids')
}

/** Creates the error for a response that Clerk does not give. */
export function unexpected(what: string, expected: string): ClerkSyncError {
  const message = `Clerk's API did not answer ${what} with ${expected}. Check apiUrl (CLERK_API_URL).`
  return new ClerkSyncError('clerk_api_failed', message)
}

/** Whether a value is an object with a Clerk id. */
export function isResource(value: unknown): value is ClerkResourceJSON {
  return typeof value === 'object' && value !== null && 'id' in value && isClerkId(value.id)
}

/** Whether a filter by ids names none, which Clerk treats as no filter. An empty text is not an id. */
export function isEmptyFilter(ids: readonly string[] | undefined): boolean {
  return ids !== undefined && !ids.some((id) => id !== '')
}
