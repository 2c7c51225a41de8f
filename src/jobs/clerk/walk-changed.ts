import type { CallOptions, ClerkApi } from '../../clerk-api/clerk-api'
import type { ClerkUserJSON } from '../../events/events'
import { stalledList } from './stalled-list'
import { PAGE_SIZE } from './walk-clerk'

/** Pages overlap, because users deleted meanwhile move all later users up, past the edge of the next page. */
const OVERLAP = 20
const MAX_ROUNDS = 5
/** This many successive pages without new users mean that Clerk's list does not advance. */
const MAX_REPEATS = 3

/**
 * Iterates over users changed in Clerk since a time (milliseconds), last changed first. Clerk has no cursor for that
 * order, and a user changed during the walk moves to the front, so the walk is repeated for those until it finds none.
 * Yields each version of a user once.
 * @throws {ClerkSyncError} `clerk_api_failed` if the list does not advance, and those of the API.
 */
export async function* walkChanged(
  api: ClerkApi,
  { since, ...call }: { since: number } & CallOptions,
): AsyncGenerator<ClerkUserJSON[], void> {
  const yielded = new Map<string, number>()
  let from = since
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    let newest: number | undefined
    let isNew = false
    for await (const page of changedPages(api, from, call)) {
      newest ??= changedAt(page[0])
      const fresh = page.filter((user) => yielded.get(user.id) !== changedAt(user))
      for (const user of fresh) yielded.set(user.id, changedAt(user))
      isNew ||= fresh.length > 0
      if (fresh.length > 0) yield fresh
    }
    if (!isNew || newest === undefined) return
    // By Clerk's clock, not the local one.
    from = newest
  }
}

async function* changedPages(api: ClerkApi, since: number, call: CallOptions): AsyncGenerator<ClerkUserJSON[], void> {
  const seen = new Set<string>()
  let repeats = 0
  for (let offset = 0; ; offset += PAGE_SIZE - OVERLAP) {
    const page = await api.listUsers({ limit: PAGE_SIZE, offset, orderBy: '-updated_at' }, call)
    const changed = page.filter((user) => changedAt(user) >= since)
    repeats = changed.every(({ id }) => seen.has(id)) ? repeats + 1 : 0
    for (const { id } of changed) seen.add(id)
    if (changed.length > 0) yield changed
    if (changed.length < PAGE_SIZE) return
    if (repeats === MAX_REPEATS) throw stalledList()
  }
}

function changedAt(user: ClerkUserJSON | undefined): number {
  return user?.updated_at ?? 0
}
