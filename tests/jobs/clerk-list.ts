import type { ServerResponse } from 'node:http'
import type { ClerkUserJSON } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { serve } from '../support/serve'

/** Possible answers of Clerk to the cursor of a deleted user, which is not documented. */
export type LostCursor = 'refuse' | 'not found' | 'empty page' | 'begin anew'

let made = 0

/** A user list of Clerk in which a test creates, changes and deletes users between requests. */
export async function startClerkList(lostCursor: LostCursor = 'refuse') {
  const users = new Map<string, ClerkUserJSON>()
  const requests: string[] = []
  const state = { before: (_url: URL): unknown => undefined, status: 200, lostCursor, instanceId: 'ins_list' }
  const served = await serve(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://clerk')
    requests.push(`${url.pathname.replace('/v1', '')}${url.search}`)
    await state.before(url)
    if (state.status !== 200) return json(response, state.status, { errors: [{ code: 'internal_error' }] })
    const path = url.pathname.replace('/v1', '')
    if (path === '/users') return list(response, [...users.values()], url.searchParams, state.lostCursor)
    if (path === '/users/count') return json(response, 200, { object: 'total_count', total_count: users.size })
    if (path === '/instance') return json(response, 200, { object: 'instance', id: state.instanceId })
    const user = users.get(path.replace('/users/', ''))
    return user ? json(response, 200, user) : notFound(response)
  })
  made += 1
  /** Ids are never given a second time. */
  let ever = 0
  return Object.assign(state, {
    /** A separate key per list, so that tests share no rate limit. */
    access: { secretKey: `sk_live_list${made}`, apiUrl: served.url },
    users,
    requests,
    close: served.close,
    /** New users, a second apart. */
    add(count: number, overrides: (index: number) => Partial<ClerkUserJSON> = () => ({})): ClerkUserJSON[] {
      const added = Array.from({ length: count }, (_, index) => userAt(ever + index, overrides(index)))
      ever += count
      for (const user of added) users.set(user.id, user)
      return added
    },
    /** The user as Clerk has it after a change. */
    change(id: string, changes: Partial<ClerkUserJSON> = { first_name: 'Changed' }): ClerkUserJSON {
      const user = users.get(id)
      if (!user) throw new Error(`no user ${id}`)
      clock += 1_000
      const changed = { ...user, updated_at: clock, ...changes }
      users.set(id, changed)
      return changed
    },
  })
}

export type ClerkList = Awaited<ReturnType<typeof startClerkList>>

/** Of Clerk: all users are made before it. */
let clock = Date.UTC(2026, 0, 1)

/** Ids ascend with the time of making, as Clerk's do. */
function userAt(index: number, overrides: Partial<ClerkUserJSON>): ClerkUserJSON {
  const at = Date.UTC(2025, 0, 1) + index * 1_000
  const id = `user_${String(at).padStart(15, '0')}${String(index).padStart(6, '0')}`
  return { ...fixtures.user({ email: `${id}@example.com` }), id, created_at: at, updated_at: at, ...overrides }
}

function list(
  response: ServerResponse,
  users: ClerkUserJSON[],
  query: URLSearchParams,
  lostCursor: LostCursor,
): unknown {
  const limit = Number(query.get('limit'))
  const offset = Number(query.get('offset') ?? 0)
  const after = Number(query.get('created_at_after') ?? 0)
  const ids = query.getAll('user_id')
  if (limit > 500 || ids.length > 100) return json(response, 422, { errors: [{ code: 'form_param_invalid' }] })
  const order = query.get('order_by') === '-updated_at' ? newestChange : oldest
  const found = users
    .filter(({ id, created_at }) => (created_at ?? 0) > after && (!ids.length || ids.includes(id)))
    .sort(order)
  const cursor = query.get('starting_after')
  if (cursor === null) return json(response, 200, found.slice(offset, offset + limit))
  const index = found.findIndex(({ id }) => id === cursor)
  if (index >= 0 || lostCursor === 'begin anew') return json(response, 200, found.slice(index + 1, index + 1 + limit))
  if (lostCursor === 'empty page') return json(response, 200, [])
  if (lostCursor === 'not found') return notFound(response)
  return json(response, 422, { errors: [{ code: 'form_param_invalid' }] })
}

const oldest = (one: ClerkUserJSON, other: ClerkUserJSON) =>
  (one.created_at ?? 0) - (other.created_at ?? 0) || (one.id < other.id ? -1 : 1)
const newestChange = (one: ClerkUserJSON, other: ClerkUserJSON) => (other.updated_at ?? 0) - (one.updated_at ?? 0)

function notFound(response: ServerResponse): unknown {
  return json(response, 404, { errors: [{ code: 'resource_not_found' }] })
}

function json(response: ServerResponse, status: number, body: unknown): unknown {
  return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
