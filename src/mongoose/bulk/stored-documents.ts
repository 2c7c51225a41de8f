import { type ClerkResourceJSON, isClerkId } from '../../events/events'
import type { MembershipPair } from '../../events/membership'
import type { Comparison, StoredDocument } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import type { Tombstone } from '../deletion/tombstone'
import { findTombstones } from '../deletion/tombstones'
import { unfinishedBy } from '../deletion/unfinished'
import { wouldTake } from '../push/compare-owned'
import { readsDocument } from '../push/set-by-app'
import { mappedFields } from '../schema/fields'
import { mappedSamples } from '../target/entity'
import {
  type AnyDoc,
  fromPrimary,
  inOneBatch,
  resolveRules,
  type Target,
  toIncoming,
  valueAt,
  within,
} from '../target/target'
import { isClerkUser } from '../write/collision'
import { holdsSame } from '../write/compare-stored'
import { anyOf, ordersByLanguage } from '../write/id-order'
import { showsConflict, versionOf } from '../write/own-document'

/** Documents per batch of a walk. */
const BATCH = 500

/** A stored document as the jobs see it, with what `compareStored` needs. */
export interface KnownDocument extends StoredDocument {
  /** Absent if only a tombstone is left. */
  doc?: AnyDoc
  /** Whether a tombstone was found, if it was looked for. */
  hasTombstone?: boolean
  /** The paths that were read, if not the whole document. */
  paths?: ReadonlySet<string>
}

/**
 * Only the document decides whether it is deleted. A live document with a tombstone (its insert crashed before the
 * check) counts as alive, so that the jobs find that Clerk no longer has the resource, and delete it.
 */
function knownBy(target: Target, context: WriteContext) {
  const isUnfinished = unfinishedBy(target, resolveRules(target, context).onDelete, context)
  return (doc: AnyDoc, tombstone?: Tombstone | null, paths?: ReadonlySet<string>): KnownDocument => {
    const clerkId = String(valueAt(doc, target.idPath))
    const isDeleted = valueAt(doc, target.paths.clerkDeletedAt) instanceof Date
    const unfinished = isDeleted && { isUnfinished: isUnfinished(doc, clerkId, tombstone) }
    const changedAt = versionOf(target, doc) ?? madeAt(doc)
    const pair = pairOf(target, doc)
    return { clerkId, isDeleted, changedAt, doc, ...unfinished, ...(paths && { paths }), ...(pair && { pair }) }
  }
}

/** The user and the organization of a membership; `undefined` for other resources. */
function pairOf({ paths, options }: Target, doc: AnyDoc): MembershipPair | undefined {
  if (options.entity.owners(paths).length === 0) return undefined
  const [organizationId, userId] = [valueAt(doc, paths.organizationId), valueAt(doc, paths.userId)]
  return isClerkId(organizationId) && isClerkId(userId) ? { organizationId, userId } : undefined
}

/** When a document was created, if its `_id` contains the time. */
function madeAt({ _id }: AnyDoc): Date | undefined {
  const isTelling = typeof _id === 'object' && _id !== null && 'getTimestamp' in _id
  return isTelling ? (_id as { getTimestamp(): Date }).getTimestamp() : undefined
}

/** Documents with a Clerk id, as far as a filter can decide; `isClerkUser` decides the rest. */
const withClerkId = ({ idPath }: Target): AnyDoc => ({ [idPath]: { $gt: '' } })

/**
 * Iterates over all documents with a Clerk id, in ascending order, with one cursor. If the server drops the cursor
 * after ten minutes without a read, opens another one from there.
 * @throws The signal's reason once it is aborted, so that an interrupted walk is not taken for a complete one.
 */
export async function* walkStored(
  target: Target,
  { signal, ...context }: WriteContext & { signal?: AbortSignal },
): AsyncGenerator<StoredDocument> {
  const paths = comparedPaths(target, context)
  const asked = paths && { _id: 1, ...Object.fromEntries([...paths].map((path) => [path, 1])) }
  // With a collation the server cannot use the index and has to sort.
  const collation = (await ordersByLanguage(target, context)) ? { collation: { locale: 'simple' } } : {}
  const projection = asked && { projection: asked }
  const options = {
    ...projection,
    batchSize: BATCH,
    allowDiskUse: true,
    ...collation,
    ...fromPrimary,
    ...within(context),
  }
  const known = knownBy(target, context)
  const hasOwners = target.options.entity.owners(target.paths).length > 0
  let page: KnownDocument[] = []
  let filter = withClerkId(target)
  for (let isOver = false; !isOver; ) {
    const cursor = target.model.collection.find(filter as never, options).sort({ [target.idPath]: 1 })
    try {
      for await (const doc of cursor) {
        signal?.throwIfAborted()
        filter = { [target.idPath]: { $gt: valueAt(doc, target.idPath) } }
        if (!isClerkUser(target, doc)) continue
        const document = known(doc, undefined, paths)
        if (!hasOwners) yield document
        else if (page.push(document) === BATCH) {
          yield* await withEndedOwners(target, page, context)
          page = []
        }
      }
      isOver = true
    } catch (error) {
      if (!isCursorLost(error)) throw error
    } finally {
      await cursor.close()
    }
  }
  yield* await withEndedOwners(target, page, context)
}

/** Completes living documents of deleted owners with `endedBy`, with one read. */
async function withEndedOwners(
  target: Target,
  documents: readonly KnownDocument[],
  context: WriteContext,
): Promise<KnownDocument[]> {
  const ownersOf = ({ isDeleted, pair }: KnownDocument) =>
    isDeleted || !pair ? [] : [pair.userId, pair.organizationId]
  const tombstones = await findTombstones(target, [...new Set(documents.flatMap(ownersOf))], context)
  return documents.map((document) => {
    const endedBy = ownersOf(document).find((id) => tombstones.has(id))
    return endedBy === undefined ? document : { ...document, endedBy }
  })
}

/** `CursorNotFound`. @see https://www.mongodb.com/docs/manual/reference/parameters/#mongodb-parameter-param.cursorTimeoutMillis */
const isCursorLost = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 43

/** Returns what is stored for these ids: documents, and tombstones without a document. */
export async function findStored(
  target: Target,
  clerkIds: readonly string[],
  context: WriteContext,
): Promise<KnownDocument[]> {
  if (clerkIds.length === 0) return []
  const filter = { [target.idPath]: await anyOf(target, clerkIds, context) }
  const options = { ...inOneBatch(clerkIds), ...fromPrimary, ...within(context) }
  const [docs, tombstones] = await Promise.all([
    target.model.collection.find(filter as never, options).toArray(),
    findTombstones(target, clerkIds, context),
  ])
  const known = knownBy(target, context)
  const documents = docs
    .filter((doc) => isClerkUser(target, doc))
    .map((doc) => {
      const tombstone = tombstones.get(String(valueAt(doc, target.idPath)))
      return { ...known(doc, tombstone ?? null), hasTombstone: tombstone !== undefined }
    })
  const found = new Set(documents.map(({ clerkId }) => clerkId))
  const gone = [...tombstones.keys()].filter((clerkId) => !found.has(clerkId))
  const completed = await withEndedOwners(target, documents, context)
  return [...completed, ...gone.map((clerkId) => ({ clerkId, isDeleted: true, hasTombstone: true }))]
}

/** Returns random documents with a Clerk id, or all if there are fewer. */
export async function sampleStored(target: Target, size: number, context: WriteContext): Promise<StoredDocument[]> {
  const pipeline = [{ $match: withClerkId(target) }, { $sample: { size } }]
  const docs = await target.model.collection.aggregate(pipeline, { ...fromPrimary, ...within(context) }).toArray()
  const known = knownBy(target, context)
  return docs.filter((doc) => isClerkUser(target, doc)).map((doc) => known(doc))
}

/**
 * Compares a stored document with Clerk's state. One from a walk whose rules now map a path that was not read is
 * `changed`; reading it with `find` decides.
 */
export function compareStored(
  target: Target,
  json: ClerkResourceJSON,
  stored: KnownDocument | undefined,
  context: WriteContext,
): Comparison {
  if (!stored) return 'missing'
  const { doc, paths } = stored
  if (stored.isDeleted || stored.hasTombstone || stored.endedBy || !doc) return 'deletedHere'
  const incoming = toIncoming(target, json, context)
  const version = versionOf(target, doc)
  if (!version || version < incoming.at) return 'stale'
  if (version > incoming.at) return 'same'
  const isRead = (path: string) => !paths || [...paths].some((one) => path === one || path.startsWith(`${one}.`))
  if (![...incoming.values.keys(), ...incoming.onInsert.keys()].every(isRead)) return 'changed'
  const isSame = holdsSame(target, incoming, doc) && !wouldTake(target, incoming, doc) && !showsConflict(target, doc)
  return isSame ? 'same' : 'changed'
}

/**
 * The paths that a comparison reads, as far as the samples of the resource show which ones the map fills. `undefined`: all,
 * because a default of the schema may read any.
 */
function comparedPaths(target: Target, context: WriteContext): Set<string> | undefined {
  const { paths, idPath, model } = target
  const { entity } = target.options
  const owned = (target.options.push ?? []).map(({ path }) => path)
  if (owned.some((path) => readsDocument(model, path))) return undefined
  const written = owned.length > 0 ? [paths.clerkPushWritten] : []
  const samples = mappedSamples(entity, resolveRules(target, context))
  const mapped = samples.flatMap((one) => [...mappedFields(target, one).values.keys()])
  const own = [idPath, paths.clerkUpdatedAt, paths.clerkDeletedAt, paths.syncError]
  const noted = [...own, ...entity.owners(paths), ...Object.keys(entity.constants(paths))]
  const all = [...mapped, ...owned.filter((path) => path !== '_id'), ...written, ...noted]
  // MongoDB rejects a projection of both a path and its parent.
  return new Set(all.filter((path) => !all.some((other) => path.startsWith(`${other}.`))))
}
