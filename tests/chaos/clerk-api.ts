import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { type Served, serve } from '../support/serve'

/** The id of the instance that the key belongs to. */
export const CHAOS_INSTANCE = 'ins_chaos'

export interface ClerkApiDouble extends Served {
  /** What Clerk has now. */
  users: ReadonlyMap<string, ClerkUserJSON>
}

/**
 * The routes of the Backend API that the library calls here: `GET /v1/users/{id}` if two events have one version, and
 * `GET /v1/users?user_id=…` for `reconcile` of given users.
 */
export async function serveClerkApi(): Promise<ClerkApiDouble> {
  const served = await serve((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://clerk')
    if (pathname.endsWith('/users')) {
      const found = searchParams.getAll('user_id').flatMap((id) => double.users.get(id) ?? [])
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found))
    }
    if (pathname.endsWith('/instance')) {
      const instance = { object: 'instance', id: CHAOS_INSTANCE }
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(instance))
    }
    const user = double.users.get(decodeURIComponent(pathname.split('/').pop() ?? ''))
    response.writeHead(user ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(user ?? {}))
  })
  const double: ClerkApiDouble = { ...served, users: new Map() }
  return double
}
