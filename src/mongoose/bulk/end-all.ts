import type { OnDelete, WriteContext } from '../../store/write'
import { throughMiddleware, withoutEmpty } from '../command/send'
import { guardedDelete } from '../deletion/delete'
import { alive, deletedState, hasNoMarks } from '../deletion/deletion'
import { isOnDeletePending } from '../deletion/pending-hooks'
import { findTombstones, writeTombstone } from '../deletion/tombstones'
import { type AnyDoc, fromPrimary, type Target, valueAt, within } from '../target/target'
import { anyOf } from '../write/id-order'
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
 * @param isAgain Whether the deletion was known before: then what an earlier call has left undone is looked for as well.
 * @throws the database's errors.
 */
export async function endAllOf(
  target: Target,
  { path, ownerId, isAgain }: { path: string; ownerId: string; isAgain?: boolean | undefined },
  context: WriteContext,
): Promise<void> {
  await ready(target, context)
  // Its own collection of tombstones may be another one.
  const isNew = await writeTombstone(target, ownerId, [], context)
  // `null`, and no other way of saying it: the index by owners has this condition.
  const living = { [path]: ownerId, [target.paths.clerkDeletedAt]: null }
  await eachPage(target, living, context, (page) => endPage(target, page, context))
  if (isAgain ?? !isNew) await repeatOnDelete(target, { [path]: ownerId }, context)
}

/** Reads the Clerk ids and the hook marks of documents, and processes them in pages. */
async function eachPage(
  target: Target,
  filter: AnyDoc,
  context: WriteContext,
  work: (page: readonly AnyDoc[]) => Promise<void>,
): Promise<void> {
  const projection = { [target.idPath]: 1, [target.paths.clerkHooksDue]: 1 }
  const options = { projection, batchSize: PAGE, ...fromPrimary, ...within(context) }
  let page: AnyDoc[] = []
  for await (const doc of target.model.collection.find(filter as never, options)) {
    if (page.push(doc) < PAGE) continue
    await work(page)
    page = []
  }
  if (page.length > 0) await work(page)
}

/**
 * Calls the app's `onDelete` again for documents that have ended, but in which it threw, or the process died. Their own
 * events may never come. Reads all that have ended, for organizations without an index: only a repeated deletion does.
 */
async function repeatOnDelete(target: Target, ofOwner: AnyDoc, context: WriteContext): Promise<void> {
  const { idPath, paths, options } = target
  if (typeof options.rules.onDelete !== 'function') return
  const ended = { ...ofOwner, [paths.clerkDeletedAt]: { $ne: null }, [idPath]: { $gt: '' } }
  await eachPage(target, ended, context, async (page) => {
    const ids = page.map((doc) => String(valueAt(doc, idPath)))
    const tombstones = await findTombstones(target, ids, context)
    const isPending = (id: string, index: number) =>
      isOnDeletePending(target, page[index] as AnyDoc, tombstones.get(id) ?? null)
    await endAlone(target, ids.filter(isPending), context)
  })
}

async function endPage(target: Target, docs: readonly AnyDoc[], context: WriteContext): Promise<void> {
  const { onDelete } = target.options.rules
  const ids = docs.map((doc) => valueAt(doc, target.idPath)).filter((id) => typeof id === 'string' && id !== '')
  const left = await endTogether(target, ids as string[], onDelete, context)
  await endAlone(target, left, context)
}

async function endAlone(target: Target, ids: readonly string[], context: WriteContext): Promise<void> {
  const { onDelete } = target.options.rules
  await inParallel(ids, async (clerkId) => {
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
  const ended = new Set<string>()
  await Promise.all(
    ids.map(async (clerkId) => {
      const place = bulk.place()
      const filter = alive(target, clerkId)
      try {
        if (onDelete === 'soft') {
          const { matchedCount } = await throughMiddleware(target, 'updateOne', { filter, update }, (merged, extra) =>
            place.give(false)({ filter, update: merged, extra }),
          )
          if (matchedCount > 0) ended.add(clerkId)
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
  // The server says how many it ended, not which. If it ended all, nothing is read.
  const open = ids.filter((clerkId) => !ended.has(clerkId))
  if (open.length === 0) return []
  const { idPath, paths } = target
  const filter = { [idPath]: await anyOf(target, open, context), [paths.clerkDeletedAt]: null } as never
  const options = { projection: { [idPath]: 1 }, ...fromPrimary, ...within(context) }
  const standing = await target.model.collection.find(filter, options).toArray()
  return standing.map((doc) => String(valueAt(doc, idPath)))
}
