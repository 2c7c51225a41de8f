import type { CallOptions, ClerkApi } from '../../clerk-api/clerk-api'
import { refusalOf } from '../../clerk-api/refusal'
import type { ClerkUserJSON } from '../../events/events'
import { stalledList } from './stalled-list'

/** The last item of a walk. */
export interface Position {
  id: string
  createdAt: number | undefined
  /** Its offset in the list when it was read, for lists without a cursor. */
  offset?: number
}

/** Clerk's largest page. */
export const PAGE_SIZE = 500

/**
 * Iterates over all users of Clerk in pages, oldest first. A page is never empty.
 *
 * The cursor's user may be deleted during the walk. Clerk's behaviour in this case is not documented: a refused cursor,
 * an empty page and a restart from the first user are all handled by continuing from that user's creation time.
 * @throws {ClerkSyncError} `clerk_api_failed` if the list does not advance, and those of the API.
 * @see https://clerk.com/docs/reference/backend-api/tag/users/get/users
 */
export async function* walkClerk(
  api: ClerkApi,
  { from, pageSize = PAGE_SIZE, ...call }: { from?: Position | undefined; pageSize?: number } & CallOptions,
): AsyncGenerator<ClerkUserJSON[], void> {
  let position = from
  let cursor = from?.id
  // Clerk requires all parameters except the cursor to stay the same from page to page.
  let createdAfter: number | undefined
  let known = new Set(from && [from.id])
  /** True if the walk found no new user since it last queried by time. */
  let isConfirming = false
  /** Queries since the last new user. Repeating one without a new user would never end. */
  let queried = new Set<string>()
  for (;;) {
    const query = `${createdAfter} ${cursor}`
    if (queried.has(query)) throw stalledList()
    queried.add(query)
    const page = await listFrom(api, { limit: pageSize, createdAfter, cursor }, position, call)
    const fresh = page?.filter(({ id }) => !known.has(id)) ?? []
    const last = page?.at(-1)
    if (last) {
      position = positionOf(last)
      known = knownAt(position, page ?? [], known)
    }
    if (fresh.length > 0) {
      isConfirming = false
      queried = new Set()
      yield fresh
    }
    if (page?.length === pageSize) cursor = last?.id
    else if (cursor === undefined || position?.createdAt === undefined || (page && isConfirming)) return
    else {
      // Probably the end; a query by time makes sure.
      isConfirming = true
      cursor = undefined
      createdAfter = position.createdAt - 1
    }
  }
}

interface Step {
  limit: number
  createdAfter: number | undefined
  cursor: string | undefined
}

/** `undefined` if Clerk does not continue from the cursor. */
async function listFrom(
  api: ClerkApi,
  { limit, createdAfter, cursor }: Step,
  position: Position | undefined,
  call: CallOptions,
): Promise<ClerkUserJSON[] | undefined> {
  const query = {
    limit,
    orderBy: '+created_at',
    ...(createdAfter !== undefined && { createdAfter }),
    ...(cursor !== undefined && { startingAfter: cursor }),
  } as const
  try {
    const page = await api.listUsers(query, call)
    requireOrder(page, createdAfter)
    const first = page[0]?.created_at
    const hasRestarted = cursor !== undefined && (first ?? Number.POSITIVE_INFINITY) < (position?.createdAt ?? 0)
    return hasRestarted ? undefined : page
  } catch (error) {
    const status = refusalOf(error)?.status ?? 0
    const isRefused = status >= 400 && status < 500 && ![401, 403, 429].includes(status)
    if (isRefused && cursor !== undefined && position?.createdAt !== undefined) return undefined
    throw error
  }
}

/** If order and time are ignored, the list returns the same users again and again. */
function requireOrder(page: readonly ClerkUserJSON[], createdAfter: number | undefined): void {
  const [first, last] = [page[0]?.created_at, page.at(-1)?.created_at]
  const isBefore = (one: number | null | undefined, other: number | null | undefined) => (one ?? 0) < (other ?? 0)
  if (isBefore(last, first) || (first && isBefore(first, createdAfter))) throw stalledList()
}

/** The ids seen so far that have the position's creation time: a query by time returns them again. */
function knownAt({ createdAt }: Position, page: readonly ClerkUserJSON[], known: Set<string>): Set<string> {
  const now = page.filter((user) => (user.created_at ?? undefined) === createdAt).map(({ id }) => id)
  const isStillThatTime = page.length === now.length
  return new Set(isStillThatTime ? [...known, ...now] : now)
}

function positionOf({ id, created_at }: ClerkUserJSON): Position {
  return { id, createdAt: created_at ?? undefined }
}
