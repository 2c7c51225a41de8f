import { formError, invalidValue } from './api-error'
import type { FakeUser } from './fake-user'
import { orderOf, pageOf } from './page'
import { byPlace, indexAfter, type Place } from './places'
import type { UserQuestion } from './user-filters'
import type { UserStore } from './user-store'

/** The result of a cursor that no user has, for example after a deletion. Clerk does not document it. */
export type UnknownCursor = 'refuse' | 'empty' | 'restart'

type Key = string | number | null | undefined

const orders = {
  updated_at: (user: FakeUser): Key => user.updated_at,
  email_address: (user: FakeUser): Key =>
    user.email_addresses.find(({ id }) => id === user.primary_email_address_id)?.email_address,
  web3wallet: (user: FakeUser): Key => user.web3_wallets[0]?.web3_wallet,
  first_name: (user: FakeUser): Key => user.first_name,
  last_name: (user: FakeUser): Key => user.last_name,
  phone_number: (user: FakeUser): Key => user.phone_numbers[0]?.phone_number,
  username: (user: FakeUser): Key => user.username,
  last_active_at: (user: FakeUser): Key => user.last_active_at,
  last_sign_in_at: (user: FakeUser): Key => user.last_sign_in_at,
}

type OrderField = keyof typeof orders
const orderFields = Object.keys(orders) as OrderField[]

/** Answers `GET /users` and `GET /users/count`, reading no more users than the page needs where possible. */
export class UserLists {
  readonly #store: UserStore
  readonly #unknownCursor: UnknownCursor
  #sorted: { field: OrderField; version: number; ids: string[] } | undefined

  constructor(store: UserStore, unknownCursor: UnknownCursor) {
    this.#store = store
    this.#unknownCursor = unknownCursor
  }

  count({ candidates, filters }: UserQuestion): number {
    if (!candidates && filters.length === 0) return this.#store.size
    let count = 0
    for (const user of candidates ?? this.#store.all()) if (filters.every((fits) => fits(user))) count += 1
    return count
  }

  page({ candidates, filters }: UserQuestion, query: URLSearchParams): FakeUser[] {
    const { limit, offset } = pageOf(query)
    const { field, isDescending } = orderOf(query, orderFields)
    const cursor = query.get('starting_after')
    if (cursor) checkCursor(field, offset)
    const ids = field === 'created_at' ? this.#places(candidates) : this.#sortedIds(field, candidates)
    const start = cursor ? this.#startAfter(cursor, ids, isDescending) : isDescending ? ids.length - 1 : 0
    const page: FakeUser[] = []
    const step = isDescending ? -1 : 1
    // Without filters, the offset can be skipped at once.
    const isPlain = filters.length === 0
    let toSkip = isPlain ? 0 : offset
    for (let i = start + (isPlain ? step * offset : 0); page.length < limit; i += step) {
      const entry = ids[i]
      if (entry === undefined) break
      const user = this.#store.get(typeof entry === 'string' ? entry : entry.id)
      if (!user || !filters.every((fits) => fits(user))) continue
      if (toSkip > 0) toSkip -= 1
      else page.push(user)
    }
    return page
  }

  #places(candidates: FakeUser[] | undefined): readonly Place[] {
    if (!candidates) return this.#store.inOrder()
    return candidates.map(({ id, created_at }) => ({ id, at: created_at })).sort(byPlace)
  }

  #sortedIds(field: OrderField, candidates: FakeUser[] | undefined): readonly string[] {
    if (candidates) return sortBy(orders[field], candidates)
    const { version } = this.#store
    if (this.#sorted?.field !== field || this.#sorted.version !== version) {
      this.#sorted = { field, version, ids: sortBy(orders[field], [...this.#store.all()]) }
    }
    return this.#sorted.ids
  }

  #startAfter(cursor: string, ids: readonly (Place | string)[], isDescending: boolean): number {
    const places = ids as readonly Place[]
    const user = this.#store.get(cursor)
    if (user) {
      const after = indexAfter(places, { id: user.id, at: user.created_at })
      const isThere = places[after - 1]?.id === cursor
      if (isDescending) return after - (isThere ? 2 : 1)
      return after
    }
    if (this.#unknownCursor === 'empty') return -1
    if (this.#unknownCursor === 'restart') return isDescending ? places.length - 1 : 0
    const message = 'The resource associated with the supplied starting_after was not found.'
    throw formError('form_resource_not_found', 'starting_after', 'is missing', message)
  }
}

function checkCursor(field: string, offset: number): void {
  if (field !== 'created_at') throw invalidValue('starting_after', 'starting_after requires ordering by created_at.')
  if (offset > 0) throw invalidValue('starting_after', 'starting_after cannot be combined with an offset.')
}

/** Ids in ascending order of the key. Users without a value come last; equal keys are ordered by id. */
function sortBy(keyOf: (user: FakeUser) => Key, users: FakeUser[]): string[] {
  const keyed = users.map((user) => ({ id: user.id, key: keyOf(user) ?? null }))
  const isLess = (a: string | number, b: string | number) => (a < b ? -1 : Number(a > b))
  keyed.sort((a, b) => {
    if (a.key === b.key) return isLess(a.id, b.id)
    if (a.key === null) return 1
    return b.key === null ? -1 : isLess(a.key, b.key)
  })
  return keyed.map(({ id }) => id)
}
