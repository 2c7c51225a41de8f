import type { WriteContext } from '../../store/write'
import { dueOf, pendingOf } from '../deletion/pending-hooks'
import type { Tombstone } from '../deletion/tombstone'
import { deletionOf, findDeletion } from '../deletion/tombstones'
import type { Incoming } from '../target/incoming'
import { type AnyDoc, fromPrimary, inOneBatch, type Target, valueAt, within } from '../target/target'
import { holdsSame } from './compare-stored'
import { anyOf } from './id-order'

/**
 * The largest difference between the clocks of two processes. A process whose clock is off by more rejects all
 * deliveries, because Svix allows five minutes.
 */
const CLOCKS_APART_MS = 5 * 60_000

/** How the stored document of an id compares to an incoming version. */
export type Standing = { due: readonly string[] } & (
  | /** There is no document, and the id is not deleted. */ { kind: 'absent' }
  | /** The document is older: something else prevented the write. */ { kind: 'behind'; doc: AnyDoc }
  | { kind: 'same'; doc: AnyDoc; isConflict: boolean }
  | /** The same version with other values. */ { kind: 'tie'; doc: AnyDoc }
  | { kind: 'newer' }
  | /** Shown by the document, if there is one. */ { kind: 'deleted'; doc?: AnyDoc }
  | /** The id is deleted, but not the document: its insert crashed before the check. */ {
      kind: 'lateInsert'
      tombstone: Tombstone
      /** Document predates the deletion whose process crashed; its pending hooks must still run. */
      wasAlive: boolean
    }
)

/** Reads the user's document and its tombstone, with one command if there is a document. */
export async function lookAtOwn(target: Target, incoming: Incoming, context: WriteContext): Promise<Standing> {
  const doc = await readWithTombstone(target, incoming.clerkId, context)
  if (!doc) {
    const tombstone = await findDeletion(target, incoming, context)
    return { kind: tombstone ? 'deleted' : 'absent', due: dueOf(target, undefined, tombstone) }
  }
  return standingOf(target, incoming, doc)
}

/** Reads many users' documents and tombstones. A missing document is `absent` here, with or without a tombstone. */
export async function lookAtMany(
  target: Target,
  incomings: readonly Incoming[],
  context: WriteContext,
): Promise<Standing[]> {
  if (incomings.length === 0) return []
  const { idPath } = target
  const ids = incomings.map(({ clerkId }) => clerkId)
  const pipeline = [{ $match: { [idPath]: await anyOf(target, ids, context) } }, ...withTombstones(target)]
  const options = { ...inOneBatch(ids), ...fromPrimary, ...within(context) }
  const found = await target.model.collection.aggregate(pipeline, options).toArray()
  const byId = new Map(found.map((doc) => [valueAt(doc, idPath), doc]))
  return incomings.map((incoming) => {
    const doc = byId.get(incoming.clerkId)
    return doc ? standingOf(target, incoming, doc) : { kind: 'absent', due: [] }
  })
}

function standingOf(target: Target, incoming: Incoming, found: AnyDoc): Standing {
  const doc = { ...found }
  const tombstones = idPathsOf(target).map((_, index) => {
    const [tombstone] = doc[placeOf(index)] as Tombstone[]
    delete doc[placeOf(index)]
    return tombstone
  })
  const tombstone = deletionOf(incoming.clerkId, tombstones)
  const due = dueOf(target, doc, tombstone)
  if (valueAt(doc, target.paths.clerkDeletedAt)) return { kind: 'deleted', doc, due }
  if (tombstone) {
    return { kind: 'lateInsert', tombstone, wasAlive: wasBefore(target, doc, tombstone), due }
  }
  const version = versionOf(target, doc)
  if (version === undefined || version < incoming.at) return { kind: 'behind', doc, due }
  if (version > incoming.at) return { kind: 'newer', due }
  if (incoming.fromApi) return { kind: 'behind', doc, due }
  return holdsSame(target, incoming, doc)
    ? { kind: 'same', doc, isConflict: showsConflict(target, doc), due }
    : { kind: 'tie', doc, due }
}

/** Whether a document is marked as in conflict. If it has Clerk's values, the conflict was resolved by hand. */
export function showsConflict({ paths }: Target, doc: AnyDoc): boolean {
  return isConflictCode(valueAt(doc, paths.syncError))
}

/**
 * Whether a document that does not show its deletion was written before it. Not if the deletion has already processed
 * the document. Otherwise compares times; because clocks differ, a late insert's hooks may run, but no pending hook is
 * dropped.
 */
function wasBefore(target: Target, doc: AnyDoc, tombstone: Tombstone): boolean {
  const written = valueAt(doc, target.paths.lastClerkSync)
  if (!(written instanceof Date) || pendingOf(target, tombstone).wasApplied) return false
  return written.getTime() < tombstone.receivedAt.getTime() + CLOCKS_APART_MS
}

/** Whether a `syncError` is a conflict and not an abandoned push. */
export const isConflictCode = (syncError: unknown): boolean => syncError === 'conflict' || syncError === 'host_rule'

/** The version of a stored document; `undefined` for adopted documents without one. */
export function versionOf(target: Target, doc: AnyDoc): Date | undefined {
  const version = valueAt(doc, target.paths.clerkUpdatedAt)
  return version instanceof Date ? version : undefined
}

/** The paths with the ids whose deletion ends a document: its own, and those it belongs to. */
const idPathsOf = ({ idPath, paths, options }: Target) => [idPath, ...options.entity.owners(paths)]
/** Where a read puts the tombstone of one of them. */
const placeOf = (index: number): string => `clerkTombstoneFound${index}`

// On the raw collection, so that neither the app's middleware nor a discriminator hides the document.
async function readWithTombstone(target: Target, clerkId: string, context: WriteContext): Promise<AnyDoc | undefined> {
  const pipeline = [{ $match: { [target.idPath]: clerkId } }, { $limit: 1 }, ...withTombstones(target)]
  const [doc] = await target.model.collection.aggregate(pipeline, { ...fromPrimary, ...within(context) }).toArray()
  return doc
}

const withTombstones = (target: Target) =>
  idPathsOf(target).map((path, index) => ({
    $lookup: {
      from: target.tombstones.collectionName,
      localField: path,
      foreignField: '_id',
      as: placeOf(index),
    },
  }))

/** Reads a local account by its `_id`; `undefined` if it was removed or linked to a Clerk user. */
export async function readLocalAccount(
  { model, idPath }: Target,
  _id: unknown,
  context: WriteContext,
): Promise<AnyDoc | undefined> {
  const local = { _id, [idPath]: { $in: [null, ''] } }
  return (await model.collection.findOne(local as never, { ...fromPrimary, ...within(context) })) ?? undefined
}
