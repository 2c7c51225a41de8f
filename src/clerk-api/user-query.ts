/** Which users to list. Clerk's default order is newest first. */
export interface UserQuery {
  /** At most 500. Clerk answers higher limits with ten users. */
  limit: number
  offset?: number
  orderBy?: '+created_at' | '-updated_at'
  /** The last id of the previous page. Only with the order `created_at`, without `offset`. */
  startingAfter?: string
  /** Milliseconds. */
  createdAfter?: number
  /** At most 100. The response omits users that do not exist. */
  userIds?: readonly string[]
  /** Like `userIds`. */
  externalIds?: readonly string[]
}

/** Converts a query to Clerk's parameters. */
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
  // Clerk reads a leading - as "not": without the +, an id that begins with - would match all other users.
  for (const id of externalIds) add('external_id', id ? `+${id}` : undefined)
  return search
}
