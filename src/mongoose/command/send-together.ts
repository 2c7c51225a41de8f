import type { mongo, UpdateResult } from 'mongoose'
import type { AnyDoc, SyncModel } from '../target/target'

/** How one of several things that were sent together ended. */
export type Answer<T> = { result: T } | { error: unknown }

/** One statement of a bulk write. */
export interface Command {
  filter: AnyDoc
  /** Absent for the removal of a document. */
  update?: AnyDoc
  upsert: boolean
  /** What the upsert inserts. If given, it is only inserted, and collides with a document that is there. */
  document?: AnyDoc
}

/**
 * Sends commands as one unordered bulk write. The server applies each by itself, so that one that is refused keeps none
 * of the others back.
 *
 * @param model A model, or another collection and the mongoose it is of.
 * @returns An answer for each, in their order.
 * @throws the driver's error if the result of the others is unknown too: nothing was sent, no answer came, or the
 * writes were not acknowledged as `options` demand.
 */
export async function sendTogether(
  model: Pick<SyncModel, 'collection' | 'base'>,
  commands: readonly Command[],
  options: AnyDoc,
): Promise<Answer<UpdateResult>[]> {
  const operations = commands.map(({ filter, update, upsert, document }) => {
    if (document) return { insertOne: { document } }
    return update ? { updateOne: { filter, update, upsert } } : { deleteOne: { filter } }
  })
  try {
    const result = await model.collection.bulkWrite(operations as never[], { ...options, ordered: false })
    return answersOf(commands, result, new Map())
  } catch (error) {
    const refused = refusalsIn(model, error)
    if (!refused) throw reasonOf(error)
    return answersOf(commands, error as mongo.MongoBulkWriteError, refused)
  }
}

/** Unwraps the driver's error for a whole bulk, whose name hides whether it was a time-out or a refusal. */
function reasonOf(error: unknown): unknown {
  const isWrapping = error instanceof Error && 'errorResponse' in error && error.errorResponse instanceof Error
  return isWrapping ? error.errorResponse : error
}

/** The server's errors by position; `undefined` if the other results are uncertain too. */
function refusalsIn(model: Pick<SyncModel, 'base'>, error: unknown): Map<number, unknown> | undefined {
  const { MongoBulkWriteError, MongoServerError } = model.base.mongo
  if (!(error instanceof MongoBulkWriteError)) return undefined
  const writeErrors = [error.writeErrors].flat()
  // Without the requested acknowledgement, successful writes are not certain either.
  if (writeErrors.length === 0 || error.result.getWriteConcernError()) return undefined
  return new Map(
    writeErrors.map(({ index, code, errmsg, err }) => {
      const message = errmsg ?? 'The server refused the write.'
      return [index, new MongoServerError({ code, message, ...(err.errInfo && { errInfo: err.errInfo }) })]
    }),
  )
}

function answersOf(
  commands: readonly Command[],
  { upsertedIds, matchedCount }: Pick<mongo.BulkWriteResult, 'upsertedIds' | 'matchedCount'>,
  refused: Map<number, unknown>,
): Answer<UpdateResult>[] {
  // The server reports how many matched, not which. An upsert that neither inserts nor fails has matched.
  const inserted = commands.filter(({ document }, index) => document && !refused.has(index)).length
  const missed = commands.length - refused.size - inserted - Object.keys(upsertedIds).length - matchedCount
  return commands.map(({ upsert, document }, index) => {
    if (refused.has(index)) return { error: refused.get(index) }
    const upsertedId = (document?._id ?? upsertedIds[index] ?? null) as UpdateResult['upsertedId']
    const isInsert = upsertedId !== null
    const isMatch = !isInsert && (upsert || missed === 0)
    const counts = { matchedCount: isMatch ? 1 : 0, upsertedCount: isInsert ? 1 : 0 }
    // Every write of ours changes something, at least the date of the sync.
    return { result: { acknowledged: true, modifiedCount: counts.matchedCount, upsertedId, ...counts } }
  })
}
