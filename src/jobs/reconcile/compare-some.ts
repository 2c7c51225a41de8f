import { type ClerkResourceJSON, isClerkId } from '../../events/events'
import type { ClerkSource } from '../clerk/clerk-source'
import { readAhead } from '../clerk/read-ahead'
import { stalledList } from '../clerk/stalled-list'
import type { JobContext } from '../run/job-context'
import type { Comparing } from './compare-all'

const BATCH = 100
const SAMPLE_PAGES = 10
const MAX_PAGE = 500

/** Compares only these ids. */
export async function compareIds(
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

/** Compares only what changed in Clerk since then. */
export async function compareChanged(
  { source }: JobContext,
  { checker, onProgress, signal }: Comparing,
  since: Date,
): Promise<void> {
  const counted = new Set<string>()
  const pages = readAhead((until) => source.walkChanged({ since: since.getTime(), signal: until }), signal)
  for await (const page of pages) {
    signal?.throwIfAborted()
    await checker.listed(firstOf(page, counted))
    onProgress()
  }
}

/** Compares about this many: half from Clerk, half from the store. */
export async function compareSample(context: JobContext, comparing: Comparing, size: number): Promise<void> {
  const { source, jobs, writeContext } = context
  const { checker, onProgress, signal } = comparing
  const counted = new Set<string>()
  const half = Math.ceil(size / 2)
  for await (const page of randomPages(source, half, signal)) {
    signal?.throwIfAborted()
    await checker.listed(firstOf(page, counted))
    onProgress()
  }
  const drawn = await jobs.sample(half, writeContext())
  const others = drawn.filter(({ isDeleted }) => !isDeleted).map(({ clerkId }) => clerkId)
  await compareIds(
    comparing,
    others.filter((id) => !counted.has(id)),
  )
  await checker.unfinished(drawn.filter(({ isUnfinished }) => isUnfinished))
}

/** Pages at random positions of Clerk's list, about `size` objects in total. */
async function* randomPages(
  source: ClerkSource,
  size: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<ClerkResourceJSON[], void> {
  const call = signal && { signal }
  const limit = Math.min(MAX_PAGE, Math.max(1, Math.ceil(size / SAMPLE_PAGES)))
  const pageAt = (offset: number) => source.pageAt({ limit, offset }, call)
  const end = (await source.count(call)) ?? (await findEnd(pageAt, limit))
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

/** A position after the last object, at most twice as far, if Clerk does not count them. */
async function findEnd(pageAt: (offset: number) => Promise<ClerkResourceJSON[]>, limit: number): Promise<number> {
  const [first] = await pageAt(0)
  for (let offset = limit; ; offset *= 2) {
    const [next] = await pageAt(offset)
    if (!next) return offset
    if (next.id === first?.id) throw stalledList()
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

/** Those that were not seen before. */
function firstOf(page: readonly ClerkResourceJSON[], counted: Set<string>): ClerkResourceJSON[] {
  const fresh = page.filter(({ id }) => !counted.has(id))
  for (const { id } of fresh) counted.add(id)
  return fresh
}
