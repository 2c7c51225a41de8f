import type { OnDelete, WriteContext } from '../../store/write'
import { throughMiddleware, withoutEmpty } from '../command/through-middleware'
import { guardedDelete } from '../deletion/delete'
import { alive, deletedState, hasNoMarks } from '../deletion/deletion'
import { writeTombstone } from '../deletion/tombstones'
import { type AnyDoc, fromPrimary, type Target, valueAt, within } from '../target/target'
import { ready } from '../write/ready'
import { Bulk } from './bulk-write'
import { inParallel } from './in-parallel'

/** Documents that end with one command. */
const PAGE = 500

/**
 * Ends all documents that belong to a deleted resource, in pages. Safe to repeat, and continues where an earlier call
 * ended.
 *
 * Documents that cannot be ended together end alone: those with pending hooks if deletions remove documents, those that
 * the app's middleware or the server refuses, and all if `onDelete` is `anonymize` or a function.
 *
 * @param path The path with the id of the deleted resource.
 * @throws the database's errors.
 */
export async function endAllOf(target: Target, path: string, ownerId: string, context: WriteContext): Promise<void> {
  await ready(target, context)
  // Its own collection of tombstones may be another one.
  await writeTombstone(target, ownerId, [], context)
  const projection = { [target.idPath]: 1 }
  // `null`, and no other way of saying it: the index by owners has this condition.
  const filter = { [path]: ownerId, [target.paths.clerkDeletedAt]: null } as never
  const cursor = target.model.collection.find(filter, {
    projection,
    batchSize: PAGE,
    ...fromPrimary,
    ...within(context),
  })
  let page: AnyDoc[] = []
  for await (const doc of cursor) {
    page.push(doc)
    if (page.length < PAGE) continue
    await endPage(target, page, context)
    page = []
  }
  await endPage(target, page, context)
}

async function endPage(target: Target, docs: readonly AnyDoc[], context: WriteContext): Promise<void> {
  const { onDelete } = target.options.rules
  const ids = docs.map((doc) => valueAt(doc, target.idPath)).filter((id) => typeof id === 'string' && id !== '')
  const left = await endTogether(target, ids as string[], onDelete, context)
  await inParallel(left, async (clerkId) => {
    const { conflict } = await guardedDelete(target, clerkId, onDelete, context)
    if (conflict) context.logger?.warn({ clerkId, ...conflict }, 'a document that ended keeps values')
  })
}

/** Ends documents with one command. @returns the ids of those that must end alone. */
async function endTogether(
  target: Target,
  ids: readonly string[],
  onDelete: OnDelete,
  context: WriteContext,
): Promise<string[]> {
  if (ids.length < 2 || (onDelete !== 'soft' && onDelete !== 'hard')) return [...ids]
  const bulk = new Bulk(target, ids.length, context)
  const update = withoutEmpty({ $set: deletedState(target, context) })
  await Promise.all(
    ids.map(async (clerkId) => {
      const place = bulk.place()
      const filter = alive(target, clerkId)
      try {
        if (onDelete === 'soft') {
          await throughMiddleware(target, 'updateOne', { filter, update }, (merged, extra) =>
            place.give(false)({ filter, update: merged, extra }),
          )
        } else {
          const unmarked = { ...filter, ...hasNoMarks(target) }
          await throughMiddleware(target, 'deleteOne', { filter }, (_, extra) =>
            place.give(false)({ filter: unmarked, extra }),
          )
        }
      } catch {
        // It is still there afterwards, and ends alone.
      } finally {
        place.leave()
      }
    }),
  )
  if (bulk.failure !== undefined) throw bulk.failure
  const { idPath, paths } = target
  const filter = { [idPath]: { $in: ids }, [paths.clerkDeletedAt]: null } as never
  const options = { projection: { [idPath]: 1 }, ...fromPrimary, ...within(context) }
  const standing = await target.model.collection.find(filter, options).toArray()
  return standing.map((doc) => String(valueAt(doc, idPath)))
}
