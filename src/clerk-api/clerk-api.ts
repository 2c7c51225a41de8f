import { ClerkSyncError, isClerkSyncError } from '../errors'
import { type ClerkUserJSON, isClerkId } from '../events/events'
import { clerkUserJSON } from '../map/clerk-user-json'
import { ClerkRefusal, refused } from './refusal'
import { type ClerkConnection, type ClerkRequest, clerkRequest } from './request'
import { type UserQuery, userSearch } from './user-query'

/** Where Clerk's Backend API is and who asks. */
export interface ClerkAccess {
  /** @default CLERK_SECRET_KEY */
  secretKey?: string
  /** Without `/v1`. @default CLERK_API_URL, else https://api.clerk.com */
  apiUrl?: string
}

/** How long a call may take, and what ends it. */
export type CallOptions = Pick<ClerkRequest, 'deadline' | 'signal'>

/** The calls we make at Clerk's Backend API. Each throws what `clerkRequest` does. */
export interface ClerkApi {
  /** The user as it is now, or `null` when Clerk has none by that id. Somebody waits: ten seconds at most, unless told. */
  getUser(clerkId: string, deadline?: number, signal?: AbortSignal): Promise<ClerkUserJSON | null>
  /**
   * One page of users. Patient: tries for about a minute. Where the query names users, only those are given, and none is asked
   * for where it names none: Clerk takes an empty filter for no filter.
   */
  listUsers(query: UserQuery, options?: CallOptions): Promise<ClerkUserJSON[]>
  /** How many users there are, for progress: `undefined` where Clerk lists users and does not count them. */
  countUsers(options?: CallOptions): Promise<number | undefined>
  /** The instance the key belongs to. */
  getInstance(options?: CallOptions): Promise<{ id: string; environment: string | undefined }>
  /** Any other call. */
  request(request: ClerkRequest): Promise<unknown>
}

const INTERACTIVE_MS = 10_000
const patient = { timeoutMs: 30_000, retries: 7 }

/** The API, or `undefined` where no secret key is given or set in the environment. */
export function createClerkApi(given: ClerkAccess): ClerkApi | undefined {
  const env = globalThis.process?.env ?? {}
  const secretKey = given.secretKey ?? env.CLERK_SECRET_KEY
  if (!secretKey) return undefined
  return callsOver({ secretKey, apiUrl: clerkApiUrl(given) })
}

/** Where the API is: as given, as the environment says, or Clerk's own. */
export function clerkApiUrl({ apiUrl }: ClerkAccess): string {
  return apiUrl ?? (globalThis.process?.env?.CLERK_API_URL || 'https://api.clerk.com')
}

/** The API. @throws {ClerkSyncError} `clerk_key_missing` */
export function requireClerkApi(given: ClerkAccess): ClerkApi {
  const api = createClerkApi(given)
  if (api) return api
  throw new ClerkSyncError(
    'clerk_key_missing',
    'Clerk cannot be asked without a secret key: set CLERK_SECRET_KEY (sk_…), or give createClerkSync `clerk: { secretKey }`.',
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
    async listUsers(query, options) {
      if (namesNobody(query)) return []
      const json = await request({ path: '/users', query: userSearch(query), ...patient, ...options })
      if (Array.isArray(json) && json.every(isUser)) return json.filter(isAskedFor(query))
      // A list is never missing: whatever was not found is the cursor.
      if (json === null) throw refused('GET /users', new ClerkRefusal(404, undefined, new Headers()))
      throw unexpected('GET /users', 'a list of users')
    },
    async countUsers(options) {
      try {
        const json = await request({ path: '/users/count', ...options })
        const count = (json as { total_count?: unknown } | null)?.total_count
        return typeof count === 'number' ? count : undefined
      } catch (error) {
        // A wrong key, or a signal that ended it, ends the list as well.
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

/** Whether a query that is about certain users names none. An empty text is no id. */
function namesNobody({ userIds, externalIds }: UserQuery): boolean {
  return [userIds, externalIds].some((ids) => ids && !ids.some((id) => id !== ''))
}

function isAskedFor({ userIds, externalIds }: UserQuery): (user: ClerkUserJSON) => boolean {
  const [users, externals] = [userIds, externalIds].map((ids) => ids && new Set<unknown>(ids))
  return ({ id, external_id }) => (users?.has(id) ?? true) && (externals?.has(external_id) ?? true)
}

function isUser(value: unknown): value is ClerkUserJSON {
  return typeof value === 'object' && value !== null && 'id' in value && isClerkId(value.id)
}

function unexpected(what: string, expected: string): ClerkSyncError {
  const message = `Clerk's API answered ${what} with something else than ${expected}. Is apiUrl (CLERK_API_URL) right?`
  return new ClerkSyncError('clerk_api_failed', message)
}
