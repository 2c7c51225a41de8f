import type { CallOptions } from '../../clerk-api/clerk-api'
import type { ClerkList, ListQuery } from '../../clerk-api/lists'
import type { ClerkResourceJSON } from '../../events/events'
import { stalledList } from './stalled-list'
import { PAGE_SIZE, type Position } from './walk-clerk'

/** Reads a page of a list that Clerk pages by `offset` only. */
export type ReadPage<Json> = (query: ListQuery, call: CallOptions) => Promise<ClerkList<Json>>

/** How to walk such a list. */
export interface ListWalk<Json> extends CallOptions {
  /** Where an earlier walk stopped. */
  from?: Position | undefined
  /** @default 500 */
  pageSize?: number
  /** Of the items of a repeated pass, returns those that still have to be processed. @default all */
  notProcessed?: (items: Json[]) => Promise<Json[]>
}

/** Pages overlap, so that a removal between two of them cannot hide an item. */
const OVERLAP = 25
/** This many successive full pages without a new item, all with the same first one, mean that the list stands still. */
const MAX_REPEATS = 3
const MAX_PASSES = 3

/**
 * Iterates over a list in pages, oldest first. A page is never empty.
 *
 * Removals move later items to lower offsets while pages are read, insertions of items with an earlier creation time to
 * higher ones. A page counts only if it begins at or before the last item already read; otherwise an earlier offset is
 * read, so removals hide nothing, however many there are. A pass that saw items inserted before its position, or fewer
 * items than Clerk counts, is repeated for what it may have missed.
 *
 * Holds the ids of two pages.
 * @throws {ClerkSyncError} `clerk_api_failed` if the list does not advance, and those of the API.
 */
export async function* walkList<Json extends ClerkResourceJSON>(
  read: ReadPage<Json>,
  { notProcessed = async (items) => items, ...walk }: ListWalk<Json>,
): AsyncGenerator<Json[], void> {
  for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
    const reader = new Pass(read, pass === 1 ? walk : { ...walk, from: undefined })
    for await (const page of reader.pages()) {
      const items = pass === 1 ? page : await notProcessed(page)
      if (items.length > 0) yield items
    }
    if (!reader.mayHaveMissed) return
  }
}

/** One pass through a list. */
class Pass<Json extends ClerkResourceJSON> {
  /** Whether an item may have been inserted, or listed, where this pass had already been. */
  mayHaveMissed = false
  readonly #read: ReadPage<Json>
  readonly #call: CallOptions
  readonly #isWhole: boolean
  readonly #limit: number
  /** The last item read, and its offset at that time. */
  #last: Position | undefined
  /** Ids of the last two pages, and the creation time at which they begin. */
  #known: Set<string>
  #knownSince: number | undefined
  #lastPage: readonly Json[] = []

  constructor(read: ReadPage<Json>, { from, pageSize = PAGE_SIZE, ...call }: Omit<ListWalk<Json>, 'notProcessed'>) {
    this.#read = read
    this.#call = call
    this.#isWhole = from === undefined
    this.#limit = Math.max(pageSize, 2 * OVERLAP)
    this.#last = from
    this.#known = new Set(from && [from.id])
    this.#knownSince = from?.createdAt
  }

  async *pages(): AsyncGenerator<Json[], void> {
    let offset = Math.max(0, (this.#last?.offset ?? 0) - OVERLAP)
    let seen = 0
    let stepBack = OVERLAP
    let repeats = 0
    let first: string | undefined
    for (;;) {
      const query = { limit: this.#limit, offset, orderBy: '+created_at' } as const
      const { data, totalCount } = await this.#read(query, this.#call)
      requireOrder(data)
      if (offset > 0 && !this.#reaches(data)) {
        stepBack *= 2
        offset = Math.max(0, offset - stepBack)
        continue
      }
      stepBack = OVERLAP
      const fresh = this.#take(data, offset)
      seen += fresh.length
      if (fresh.length > 0) yield fresh
      if (data.length < this.#limit) {
        this.mayHaveMissed ||= this.#isWhole && seen < totalCount
        return
      }
      repeats = fresh.length === 0 && data[0]?.id === first ? repeats + 1 : 0
      if (repeats === MAX_REPEATS) throw stalledList()
      first = data[0]?.id
      offset += data.length - OVERLAP
    }
  }

  /** Whether a page begins at or before the last item read, so that nothing is hidden between them. */
  #reaches(data: readonly Json[]): boolean {
    const [first] = data
    if (!this.#last || !first) return this.#last === undefined
    return isBefore(first.created_at, this.#last.createdAt) || data.some(({ id }) => this.#known.has(id))
  }

  /** Returns the items that were not read before. */
  #take(data: Json[], offset: number): Json[] {
    const index = data.findIndex(({ id }) => id === this.#last?.id)
    if (index >= 0 && this.#last?.offset !== undefined && offset + index > this.#last.offset) this.mayHaveMissed = true
    // Of a position from an earlier walk only its own item is known, not those with the same creation time.
    const unread = this.#lastPage.length === 0 ? data.slice(index + 1) : data
    const fresh = unread.filter(({ id, created_at }) => !this.#known.has(id) && !isBefore(created_at, this.#knownSince))
    const last = data.at(-1)
    // After a step back, the page can end before the last item read.
    if (!last || (index < 0 && isBefore(last.created_at, this.#last?.createdAt))) return fresh
    this.#knownSince = this.#lastPage[0] ? timeOf(this.#lastPage[0]) : this.#knownSince
    this.#known = new Set([...this.#lastPage, ...data].map(({ id }) => id))
    this.#lastPage = data
    this.#last = { id: last.id, createdAt: timeOf(last), offset: offset + data.length - 1 }
    return fresh
  }
}

/** If the order is ignored, the list returns the same items again and again. */
function requireOrder(page: readonly ClerkResourceJSON[]): void {
  if (isBefore(page.at(-1)?.created_at, page[0]?.created_at)) throw stalledList()
}

const timeOf = ({ created_at }: ClerkResourceJSON): number | undefined => created_at ?? undefined

const isBefore = (one: number | null | undefined, other: number | null | undefined): boolean =>
  one != null && other != null && one < other
