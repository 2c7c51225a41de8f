import type { AnyBulkWriteOperation, Collection, mongo, UpdateResult } from 'mongoose'
import type { WriteContext } from '../store'
import { type Attempt, commandFor, refusal } from './attempt'
import { isUnsent } from './database-error'
import { Concessions, type Incoming } from './incoming'
import { type AnyDoc, durable, type Target, within } from './target'

/** A first attempt among many. `alone`: it cannot go with the others, or what refused it has to be met by itself. */
export type BulkAttempt = Attempt | { kind: 'alone' }

/**
 * The guarded writes of many users, sent as one command. Each is a query of mongoose's own, with all that the host's schema
 * does to one (setters, casts, defaults, timestamps, validators, `updateOne` middleware); only the last step, where the
 * query would go to the server, waits for the others. mongoose's `bulkWrite` runs neither validators nor that middleware.
 *
 * Should a mongoose to come not let its queries be led elsewhere, they go to the server one by one.
 * @returns One attempt for each, in the order given. Rejects where the command failed as a whole.
 */
export async function attemptMany(
  target: Target,
  incomings: readonly Incoming[],
  context: WriteContext,
): Promise<BulkAttempt[]> {
  const bulk = new Bulk(target, incomings.length, context)
  const attempts = await Promise.all(
    incomings.map(async (incoming): Promise<BulkAttempt> => {
      const place = bulk.place()
      try {
        return await attemptAt(place, target, incoming, context)
      } catch {
        return { kind: 'alone' }
      } finally {
        place.leave()
      }
    }),
  )
  if (bulk.failure !== undefined) throw bulk.failure
  return attempts
}

async function attemptAt(
  { collection }: Place,
  target: Target,
  incoming: Incoming,
  context: WriteContext,
): Promise<BulkAttempt> {
  const command = commandFor(target, incoming, new Concessions(target, incoming), context)
  if (!command.upsert) return { kind: 'alone' }
  const options = { upsert: true, runValidators: true, ...durable, ...within(context) }
  const query = target.model.updateOne(command.filter, command.update, options)
  try {
    // Where mongoose's queries keep the collection that they are sent to.
    const { upsertedCount } = await Object.assign(query, { mongooseCollection: collection }).exec()
    // An upsert that neither inserts nor collides has matched.
    return { kind: upsertedCount > 0 ? 'created' : 'updated' }
  } catch (error) {
    return refusal(error)
  }
}

/** Where one query gives its command in, or says that none will come. */
interface Place {
  collection: Collection
  leave(): void
}

interface Waiting {
  operation: AnyBulkWriteOperation
  resolve(result: UpdateResult): void
  reject(error: unknown): void
}

/** Options that say the same for each command of the bulk, or nothing about the command. */
const shared = new Set([
  'upsert',
  'byClerkSync',
  'writeConcern',
  'timeoutMS',
  'runValidators',
  'readPreference',
  'readConcern',
])

/** Commands of queries under way, sent together once each has either given its own in or ended without. */
class Bulk {
  /** Why the command failed as a whole; nothing is known of any write in it. */
  failure: unknown
  private readonly waiting: Waiting[] = []

  constructor(
    private readonly target: Target,
    private expected: number,
    private readonly context: WriteContext,
  ) {}

  place(): Place {
    const collection = this.target.model.collection as Collection
    let isOpen = true
    const close = (waiting?: Waiting) => {
      isOpen = false
      this.expected--
      if (waiting) this.waiting.push(waiting)
      if (this.expected === 0 && this.waiting.length > 0) void this.send(collection)
    }
    const updateOne = (filter: AnyDoc, update: AnyDoc, options: AnyDoc = {}): Promise<UpdateResult> => {
      const isShared = Object.keys(options).every((name) => shared.has(name) || options[name] === undefined)
      // What the host's middleware made something else of is no longer one of many.
      if (!isOpen || !isShared || !options.upsert) return collection.updateOne(filter, update as never, options)
      const operation = { updateOne: { filter, update, upsert: true } } as AnyBulkWriteOperation
      return new Promise((resolve, reject) => close({ operation, resolve, reject }))
    }
    // All else that a query asks of its collection, it asks of the real one.
    const led = Object.create(collection, { updateOne: { value: updateOne } }) as Collection
    return { collection: led, leave: () => void (isOpen && close()) }
  }

  private async send(collection: Collection): Promise<void> {
    const operations = this.waiting.map(({ operation }) => operation)
    try {
      const options = { ordered: false, ...durable, ...within(this.context) }
      this.settle(await collection.bulkWrite(operations as never[], options), new Map())
    } catch (error) {
      const refused = this.refusals(error)
      if (refused) return this.settle(error as mongo.MongoBulkWriteError, refused)
      // One that cannot be sent at all takes the others with it: alone, each shows which it is.
      if (!isUnsent(error)) this.failure = reasonOf(error)
      for (const { reject } of this.waiting) reject(error)
    }
  }

  /** What the server refused, by position; `undefined` where nothing is sure of the others either. */
  private refusals(error: unknown): Map<number, unknown> | undefined {
    const { MongoBulkWriteError, MongoServerError } = this.target.model.base.mongo
    if (!(error instanceof MongoBulkWriteError)) return undefined
    const writeErrors = [error.writeErrors].flat()
    // Without the acknowledgement asked for, what was not refused is not safe either.
    if (writeErrors.length === 0 || error.result.getWriteConcernError()) return undefined
    return new Map(
      writeErrors.map(({ index, code, errmsg }) => {
        return [index, new MongoServerError({ code, message: errmsg ?? 'The server refused the write.' })]
      }),
    )
  }

  private settle({ upsertedIds }: Pick<mongo.BulkWriteResult, 'upsertedIds'>, refused: Map<number, unknown>): void {
    this.waiting.forEach(({ resolve, reject }, index) => {
      const upsertedId = (upsertedIds[index] ?? null) as UpdateResult['upsertedId']
      const counts = upsertedId === null ? { matchedCount: 1, upsertedCount: 0 } : { matchedCount: 0, upsertedCount: 1 }
      if (refused.has(index)) reject(refused.get(index))
      // Every write of ours changes something, the date of the sync at least.
      else resolve({ acknowledged: true, modifiedCount: counts.matchedCount, upsertedId, ...counts })
    })
  }
}

/** The driver wraps what befell a bulk as a whole, and with it goes the name that tells a time-out from a refusal. */
function reasonOf(error: unknown): unknown {
  const isWrapping = error instanceof Error && 'errorResponse' in error && error.errorResponse instanceof Error
  return isWrapping ? error.errorResponse : error
}
