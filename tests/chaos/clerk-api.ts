import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { type Served, serve } from '../support/serve'

export interface ClerkApiDouble extends Served {
  /** What Clerk has now. */
  users: ReadonlyMap<string, ClerkUserJSON>
}

/** Clerk's Backend API, as far as the library asks it where two events claim one version: `GET /v1/users/{id}`. */
export async function serveClerkApi(): Promise<ClerkApiDouble> {
  const served = await serve((request, response) => {
    const user = double.users.get(decodeURIComponent(request.url?.split('/').pop() ?? ''))
    response.writeHead(user ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(user ?? {}))
  })
  const double: ClerkApiDouble = { ...served, users: new Map() }
  return double
}
