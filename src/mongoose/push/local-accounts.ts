import type { WriteContext } from '../../store/write'
import { type AnyDoc, fromPrimary, type Target, within } from '../target/target'

/** Matches accounts that never were Clerk users. Matches none if `_id` is Clerk's id, because an `_id` cannot change. */
const local = ({ idPath, paths }: Target): AnyDoc =>
  idPath === '_id'
    ? { _id: { $in: [] } }
    : { [idPath]: { $in: [null, ''] }, [paths.clerkDeletedAt]: { $not: { $type: 'date' } } }

/** Iterates over the `_id`s of accounts that never were Clerk users. */
export async function* localAccounts(
  target: Target,
  context: WriteContext & { signal?: AbortSignal },
): AsyncGenerator<unknown> {
  const options = { projection: { _id: 1 }, sort: { _id: 1 }, ...fromPrimary } as const
  const cursor = target.model.collection.find(local(target), options)
  try {
    for await (const { _id } of cursor) {
      if (context.signal?.aborted) return
      yield _id
    }
  } finally {
    await cursor.close()
  }
}

/** Counts the accounts that never were Clerk users. */
export function countLocalAccounts(target: Target, context: WriteContext): Promise<number> {
  return target.model.collection.countDocuments(local(target), { ...fromPrimary, ...within(context) })
}
