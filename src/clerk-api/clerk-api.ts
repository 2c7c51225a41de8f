import { ClerkSyncError, isClerkSyncError } from '../errors'
import { type ClerkUserJSON, isClerkId } from '../events/events'
import { clerkUserJSON } from '../map/map-clerk-user'
import { isEmptyFilter, isResource, listLimits, unexpected } from './lists'
import { INTERACTIVE_MS, type OrganizationCalls, organizationCalls } from './organization-calls'
import { ClerkRefusal, refused } from './refusal'
import { type ClerkConnection, type ClerkRequest, clerkRequest } from './request'
import { type UserQuery, userSearch } from './user-query'

/** Secret key and address of Clerk's Backend API. */
export interface ClerkAccess {
  /** Secret key (`sk_…`) of the instance. @default CLERK_SECRET_KEY */
  secretKey?: string
  /** Address without `/v1`. @default CLERK_API_URL, else https://api.clerk.com */
  apiUrl?: string
}

/** Deadline and signal of a call. */
export type CallOptions = Pick<ClerkRequest, 'deadline' | 'signal'>

/** The calls of Clerk's Backend API that this library makes. Each throws the errors of `clerkRequest`. */
export interface ClerkApi extends OrganizationCalls {
  /** Fetches a user; `null` if Clerk has none with that id. Runs on request paths, so the default deadline is 10 s. */
  getUser(clerkId: string, deadline?: number, signal?: AbortSignal): Promise<ClerkUserJSON | null>
  /**
   * Fetches one page of users. Retries for about a minute. A query by ids returns only those users, and makes no
   * request if the list is empty, because Clerk treats an empty filter as no filter.
   */
  listUsers(query: UserQuery, options?: CallOptions): Promise<ClerkUserJSON[]>
  /** Counts the users, for progress. `undefined` if Clerk lists users but fails to count them. */
  countUsers(options?: CallOptions): Promise<number | undefined>
  /** Returns the instance that the key belongs to. */
  getInstance(options?: CallOptions): Promise<{ id: string; environment: string | undefined }>
  /** Makes any other call. */
  request(request: ClerkRequest): Promise<unknown>
}

/** Creates the API client, or returns `undefined` if neither the options nor the environment contain a secret key. */
export function createClerkApi(given: ClerkAccess): ClerkApi | undefined {
  const env = globalThis.process?.env ?? {}
  const secretKey = given.secretKey ?? env.CLERK_SECRET_KEY
  if (!secretKey) return undefined
  return callsOver({ secretKey, apiUrl: clerkApiUrl(given) })
}

/** Address of the API: the given one, else CLERK_API_URL, else Clerk's own. */
export function clerkApiUrl({ apiUrl }: ClerkAccess): string {
  return apiUrl ?? (globalThis.process?.env?.CLERK_API_URL || 'https://api.clerk.com')
}

/** Creates the API client. @throws {ClerkSyncError} `clerk_key_missing` */
export function requireClerkApi(given: ClerkAccess): ClerkApi {
  const api = createClerkApi(given)
  if (api) return api
  throw new ClerkSyncError(
    'clerk_key_missing',
    "Calls to Clerk's API require a secret key: set CLERK_SECRET_KEY (sk_…), or pass `clerk: { secretKey }` to createClerkSync.",
  )
}

function callsOver(connection: ClerkConnection): ClerkApi {
  const request = (wanted: ClerkRequest) => clerkRequest(connection, wanted)
  return {
    request,
    async getUser(clerkId, deadline = Date.now() + INTERACTIVE_MS, signal) {
      const path = `/users/${encodeURIComponent(clerkId)}`
      const json = await request({ path, deadline, ...(signal && { signal }) })
      return json === null ? null : clerkUserJSON(json as ClerkUserJSON)
    },
    ...organizationCalls(request),
    async listUsers(query, options) {
      if (hasEmptyIds(query)) return []
      const json = await request({ path: '/users', query: userSearch(query), ...listLimits, ...options })
      if (Array.isArray(json) && json.every(isResource)) return (json as ClerkUserJSON[]).filter(matchesIds(query))
      // Clerk answers a list with 404 only if the user in `starting_after` does not exist.
      if (json === null) throw refused('GET /users', new ClerkRefusal(404, undefined, new Headers()))
      throw unexpected('GET /users', 'a list of users')
    },
    async countUsers(options) {
      try {
        const json = await request({ path: '/users/count', ...options })
        const count = (json as { total_count?: unknown } | null)?.total_count
        return typeof count === 'number' ? count : undefined
      } catch (error) {
        // Errors that would also end the listing are thrown: a wrong key, an aborted signal.
        if (!isClerkSyncError(error) || error.code === 'clerk_key_invalid') throw error
        return undefined
      }
    },
    async getInstance(options) {
      const json = await request({ path: '/instance', retries: 3, ...options })
      const { id, environment_type } = (json ?? {}) as { id?: unknown; environment_type?: unknown }
      if (!isClerkId(id)) throw unexpected('GET /instance', 'an instance')
      return { id, environment: typeof environment_type === 'string' ? environment_type : undefined }
    },
  }
}

function hasEmptyIds({ userIds, externalIds }: UserQuery): boolean {
  return [userIds, externalIds].some(isEmptyFilter)
}

function matchesIds({ userIds, externalIds }: UserQuery): (user: ClerkUserJSON) => boolean {
  const [users, externals] = [userIds, externalIds].map((ids) => ids && new Set<unknown>(ids))
  return ({ id, external_id }) => (users?.has(id) ?? true) && (externals?.has(external_id) ?? true)
}
