/** Which users to list. Clerk lists the newest first unless told. */
export interface UserQuery {
  /** At most 500; Clerk answers more than that with ten. */
  limit: number
  offset?: number
  orderBy?: '+created_at' | '-updated_at'
  /** The last id of the page before. Only ordered by `created_at`, without `offset`. */
  startingAfter?: string
  /** In milliseconds. */
  createdAfter?: number
  /** At most 100; those Clerk does not have are left out of the answer. */
  userIds?: readonly string[]
  /** As `userIds`. */
  externalIds?: readonly string[]
}

/** The query as Clerk spells it. */
export function userSearch({ userIds = [], externalIds = [], ...query }: UserQuery): URLSearchParams {
  const search = new URLSearchParams()
  const add = (name: string, value: string | number | undefined) => {
    if (value !== undefined) search.append(name, String(value))
  }
  add('limit', query.limit)
  add('offset', query.offset)
  add('order_by', query.orderBy)
  add('starting_after', query.startingAfter)
  add('created_at_after', query.createdAfter)
  for (const id of userIds) add('user_id', id || undefined)
  // Clerk takes a leading - for "not", so that an id which begins with one would find everybody else.
  for (const id of externalIds) add('external_id', id ? `+${id}` : undefined)
  return search
}
