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
export function sendTogether(
  model: Pick<SyncModel, 'collection' | 'base'>,
  commands: readonly Command[],
  options: AnyDoc,
): Promise<Answer<UpdateResult>[]> {
  const operations = commands.map(({ filter, update, upsert }) =>
    update ? { updateOne: { filter, update, upsert } } : { deleteOne: { filter } },
  )
  return bulkWrite(model, operations, options, (result, refused) => answersOf(commands, result, refused))
}

/**
 * Inserts documents with their `_id`, as `sendTogether` sends commands. In a command of their own: of a bulk write that
 * mixes them with upserts, the driver (6.20 and 7.8) reports upserts at wrong positions.
 */
export function insertTogether(
  model: Pick<SyncModel, 'collection' | 'base'>,
  documents: readonly AnyDoc[],
  options: AnyDoc,
): Promise<Answer<UpdateResult>[]> {
  const operations = documents.map((document) => ({ insertOne: { document } }))
  return bulkWrite(model, operations, options, (_, refused) =>
    documents.map(({ _id }, index) => {
      if (refused.has(index)) return { error: refused.get(index) }
      const upsertedId = _id as UpdateResult['upsertedId']
      return { result: { acknowledged: true, matchedCount: 0, modifiedCount: 0, upsertedCount: 1, upsertedId } }
    }),
  )
}

type Answers = Answer<UpdateResult>[]
type Counts = Pick<mongo.BulkWriteResult, 'upsertedIds' | 'matchedCount'>

/** @param answers Makes the answers of the counts, and of the server's errors by position. */
async function bulkWrite(
  model: Pick<SyncModel, 'collection' | 'base'>,
  operations: readonly object[],
  options: AnyDoc,
  answers: (counts: Counts, refused: ReadonlyMap<number, unknown>) => Answers,
): Promise<Answers> {
  try {
    return answers(await model.collection.bulkWrite(operations as never[], { ...options, ordered: false }), new Map())
  } catch (error) {
    const refused = refusalsIn(model, error)
    if (!refused) throw reasonOf(error)
    return answers(error as mongo.MongoBulkWriteError, refused)
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
  { upsertedIds, matchedCount }: Counts,
  refused: ReadonlyMap<number, unknown>,
): Answers {
  // The server reports how many matched, not which. An upsert that neither inserts nor fails has matched.
  const missed = commands.length - refused.size - Object.keys(upsertedIds).length - matchedCount
  return commands.map(({ upsert }, index) => {
    if (refused.has(index)) return { error: refused.get(index) }
    const upsertedId = (upsertedIds[index] ?? null) as UpdateResult['upsertedId']
    const isInsert = upsertedId !== null
    const isMatch = !isInsert && (upsert || missed === 0)
    const counts = { matchedCount: isMatch ? 1 : 0, upsertedCount: isInsert ? 1 : 0 }
    // Every write of ours changes something, at least the date of the sync.
    return { result: { acknowledged: true, modifiedCount: counts.matchedCount, upsertedId, ...counts } }
  })
}
