import type { CallOptions, ClerkApi } from '../../clerk-api/clerk-api'
import { refusalOf } from '../../clerk-api/refusal'
import type { ClerkUserJSON } from '../../events/events'
import { listStands } from './list-stands'

/** The user a walk has come to. */
export interface Position {
  id: string
  createdAt: number | undefined
}

/** The most that Clerk gives at once. */
export const PAGE_SIZE = 500

/**
 * Every user Clerk has, page by page, in the order of their making. A page is never empty.
 *
 * The cursor's user may be deleted during the walk. What Clerk does then is not documented; refusing the cursor, an empty
 * page, and a start from the first user are all taken for that, and the walk goes on by the time of that user's making.
 * @throws {ClerkSyncError} `clerk_api_failed` where the list does not advance, and those of the API.
 * @see https://clerk.com/docs/reference/backend-api/tag/users/get/users
 */
export async function* walkClerk(
  api: ClerkApi,
  { from, pageSize = PAGE_SIZE, ...call }: { from?: Position | undefined; pageSize?: number } & CallOptions,
): AsyncGenerator<ClerkUserJSON[], void> {
  let position = from
  let cursor = from?.id
  // All that is asked beside the cursor stays as it is from page to page: Clerk wants it so.
  let createdAfter: number | undefined
  let known = new Set(from && [from.id])
  /** Whether nobody new has come since the walk last asked by time. */
  let isConfirming = false
  /** What was asked since somebody new came: to be asked it again, with no other answer, would never end. */
  let asked = new Set<string>()
  for (;;) {
    const question = `${createdAfter} ${cursor}`
    if (asked.has(question)) throw listStands()
    asked.add(question)
    const page = await listFrom(api, { limit: pageSize, createdAfter, cursor }, position, call)
    const fresh = page?.filter(({ id }) => !known.has(id)) ?? []
    const last = page?.at(-1)
    if (last) {
      position = positionOf(last)
      known = knownAt(position, page ?? [], known)
    }
    if (fresh.length > 0) {
      isConfirming = false
      asked = new Set()
      yield fresh
    }
    if (page?.length === pageSize) cursor = last?.id
    else if (cursor === undefined || position?.createdAt === undefined || (page && isConfirming)) return
    else {
      // The end, it seems. Asked by time instead, it is certain.
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

/** `undefined` where Clerk does not go on from the cursor. */
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
    const hasBegunAnew = cursor !== undefined && (first ?? Number.POSITIVE_INFINITY) < (position?.createdAt ?? 0)
    return hasBegunAnew ? undefined : page
  } catch (error) {
    const status = refusalOf(error)?.status ?? 0
    const isRefused = status >= 400 && status < 500 && ![401, 403, 429].includes(status)
    if (isRefused && cursor !== undefined && position?.createdAt !== undefined) return undefined
    throw error
  }
}

/** Without the order and the time that it is asked by, the list gives the same users again and again. */
function requireOrder(page: readonly ClerkUserJSON[], createdAfter: number | undefined): void {
  const [first, last] = [page[0]?.created_at, page.at(-1)?.created_at]
  const isBefore = (one: number | null | undefined, other: number | null | undefined) => (one ?? 0) < (other ?? 0)
  if (isBefore(last, first) || (first && isBefore(first, createdAfter))) throw listStands()
}

/** The ids met so far that were made at the very time of the position: a question by time gives them again. */
function knownAt({ createdAt }: Position, page: readonly ClerkUserJSON[], known: Set<string>): Set<string> {
  const now = page.filter((user) => (user.created_at ?? undefined) === createdAt).map(({ id }) => id)
  const isStillThatTime = page.length === now.length
  return new Set(isStillThatTime ? [...known, ...now] : now)
}

function positionOf({ id, created_at }: ClerkUserJSON): Position {
  return { id, createdAt: created_at ?? undefined }
}
