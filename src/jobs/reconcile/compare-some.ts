import type { ClerkApi } from '../../clerk-api/clerk-api'
import { type ClerkUserJSON, isClerkId } from '../../events/events'
import { readAhead } from '../clerk/read-ahead'
import { stalledList } from '../clerk/stalled-list'
import { walkChanged } from '../clerk/walk-changed'
import type { JobContext } from '../run/job-context'
import type { Comparing } from './compare-all'

const BATCH = 100
const SAMPLE_PAGES = 10
const MAX_PAGE = 500

/** Compares only these users. */
export async function compareUsers(
  { checker, tally, onProgress, signal }: Comparing,
  clerkIds: Iterable<string>,
): Promise<void> {
  const named = [...new Set(clerkIds)]
  const ids = named.filter(isClerkId)
  tally.unknown.push(...named.filter((id) => !isClerkId(id)))
  for (let start = 0; start < ids.length; start += BATCH) {
    signal?.throwIfAborted()
    await checker.ids(ids.slice(start, start + BATCH))
    onProgress()
  }
}

/** Compares only users changed in Clerk since then. */
export async function compareChanged(
  { api }: JobContext,
  { checker, onProgress, signal }: Comparing,
  since: Date,
): Promise<void> {
  const counted = new Set<string>()
  const pages = readAhead((until) => walkChanged(api, { since: since.getTime(), signal: until }), signal)
  for await (const page of pages) {
    signal?.throwIfAborted()
    await checker.users(firstOf(page, counted))
    onProgress()
  }
}

/** Compares about this many users: half from Clerk, half from the store. */
export async function compareSample(context: JobContext, comparing: Comparing, size: number): Promise<void> {
  const { api, jobs, writeContext } = context
  const { checker, onProgress, signal } = comparing
  const counted = new Set<string>()
  const half = Math.ceil(size / 2)
  for await (const page of randomPages(api, half, signal)) {
    signal?.throwIfAborted()
    await checker.users(firstOf(page, counted))
    onProgress()
  }
  const drawn = await jobs.sample(half, writeContext())
  const others = drawn.filter(({ isDeleted }) => !isDeleted).map(({ clerkId }) => clerkId)
  await compareUsers(
    comparing,
    others.filter((id) => !counted.has(id)),
  )
  await checker.unfinished(drawn.filter(({ isUnfinished }) => isUnfinished).map(({ clerkId }) => clerkId))
}

/** Pages at random positions of Clerk's list, about `size` users in total. */
async function* randomPages(
  api: ClerkApi,
  size: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<ClerkUserJSON[], void> {
  const call = signal && { signal }
  const limit = Math.min(MAX_PAGE, Math.max(1, Math.ceil(size / SAMPLE_PAGES)))
  const pageAt = (offset: number) => api.listUsers({ limit, offset, orderBy: '+created_at' }, call)
  const end = (await api.countUsers(call)) ?? (await findEnd(pageAt, limit))
  let left = size
  for (const place of shuffled(Math.ceil(end / limit))) {
    if (left <= 0) return
    const page = await pageAt(place * limit)
    // Possible if the end is a guess.
    if (page.length === 0) continue
    left -= limit
    yield page
  }
}

/** A position after the last user, at most twice as far, if Clerk does not count its users. */
async function findEnd(pageAt: (offset: number) => Promise<ClerkUserJSON[]>, limit: number): Promise<number> {
  const [first] = await pageAt(0)
  for (let offset = limit; ; offset *= 2) {
    const [user] = await pageAt(offset)
    if (!user) return offset
    if (user.id === first?.id) throw stalledList()
  }
}

/** The numbers below `count` in random order. */
function shuffled(count: number): number[] {
  const numbers = Array.from({ length: count }, (_, index) => index)
  return numbers
    .map((number) => ({ number, rank: Math.random() }))
    .sort((one, other) => one.rank - other.rank)
    .map(({ number }) => number)
}

/** The users that were not seen before. */
function firstOf(page: readonly ClerkUserJSON[], counted: Set<string>): ClerkUserJSON[] {
  const fresh = page.filter(({ id }) => !counted.has(id))
  for (const { id } of fresh) counted.add(id)
  return fresh
}
