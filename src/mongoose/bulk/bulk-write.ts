import type { mongo, UpdateResult } from 'mongoose'
import type { WriteContext } from '../../store/write'
import { linkTo } from '../push/meet-push'
import { isUnsent } from '../target/database-error'
import { type AnyDoc, durable, type Target, within } from '../target/target'
import { type Attempt, refusal, sendAmongMany } from '../write/attempt'
import { Concessions, type Incoming } from '../write/incoming'
import { planWrite } from '../write/plan'

/** A first attempt among many. `alone`: it cannot go with the others, or what refused it has to be met by itself. */
export type BulkAttempt = Attempt | { kind: 'alone' }
/** Local accounts, as stored, that users belong to; `undefined`: none. Who is not in it was not looked for. */
export type Locals = ReadonlyMap<Incoming, AnyDoc | undefined>

/**
 * The guarded writes of many users, sent as one command. Each is planned and judged like a single one, and runs through the
 * app's `updateOne` middleware; only where it would go to the server it waits for the others.
 *
 * @returns One attempt for each, in the order given. Rejects where the command failed as a whole.
 */
export async function attemptMany(
  target: Target,
  incomings: readonly Incoming[],
  locals: Locals,
  context: WriteContext,
): Promise<BulkAttempt[]> {
  const bulk = new Bulk(target, incomings.length, context)
  const attempts = await Promise.all(
    incomings.map(async (incoming): Promise<BulkAttempt> => {
      const place = bulk.place()
      try {
        return await attemptAt(place, target, concessionsOf(target, incoming, locals), { incoming, context })
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

/** As after the look for a local account, where there was one: it is linked, or a document may be inserted. */
function concessionsOf(target: Target, incoming: Incoming, locals: Locals): Concessions {
  const concessions = new Concessions(target, incoming)
  const local = locals.get(incoming)
  if (local) linkTo({ target, incoming, concessions }, local)
  else if (locals.has(incoming)) concessions.isUpdateOnly = incoming.looksForSpellings
  return concessions
}

async function attemptAt(
  place: Place,
  target: Target,
  concessions: Concessions,
  { incoming, context }: { incoming: Incoming; context: WriteContext },
): Promise<BulkAttempt> {
  const isLink = concessions.linkTo !== undefined
  const plan = await planWrite(target, incoming, concessions, context)
  if (plan.refused.length > 0) return { kind: 'refused', paths: plan.refused }
  if (!plan.upsert && !isLink) return { kind: 'alone' }
  try {
    const give = place.give(plan.upsert)
    const { upsertedCount, matchedCount } = await sendAmongMany(target, incoming, concessions, plan, give)
    if (isLink) return matchedCount > 0 ? { kind: 'linked' } : { kind: 'missed' }
    // An upsert that neither inserts nor collides has matched.
    return { kind: upsertedCount > 0 ? 'created' : 'updated' }
  } catch (error) {
    return refusal(error)
  }
}

interface Command {
  filter: AnyDoc
  update: AnyDoc
  upsert: boolean
  /** Options that middleware gave the query. */
  extra: AnyDoc
}

/** Where one user's command is given in, or withdrawn. */
interface Place {
  give(upsert: boolean): (command: Omit<Command, 'upsert'>) => Promise<UpdateResult>
  leave(): void
}

interface Waiting extends Command {
  resolve(result: UpdateResult): void
  reject(error: unknown): void
}

/** Commands sent together once each user has given one in or left. */
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
    let isOpen = true
    const close = (waiting?: Waiting) => {
      isOpen = false
      this.expected--
      if (waiting) this.waiting.push(waiting)
      if (this.expected === 0 && this.waiting.length > 0) void this.send()
    }
    return {
      give: (upsert) => (command) => {
        // What middleware made something else of is no longer one of many.
        const isOther = Object.keys(command.extra).length > 0 || Array.isArray(command.update)
        if (isOther) return this.sendAlone({ ...command, upsert })
        return new Promise((resolve, reject) => close({ ...command, upsert, resolve, reject }))
      },
      leave: () => void (isOpen && close()),
    }
  }

  private sendAlone({ filter, update, upsert, extra }: Command): Promise<UpdateResult> {
    const options = { ...extra, upsert, ...durable, ...within(this.context) }
    return this.target.model.collection.updateOne(filter as never, update as never, options) as Promise<UpdateResult>
  }

  private async send(): Promise<void> {
    const { collection } = this.target.model
    const operations = this.waiting.map(({ filter, update, upsert }) => ({ updateOne: { filter, update, upsert } }))
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

  private settle(
    { upsertedIds, matchedCount }: Pick<mongo.BulkWriteResult, 'upsertedIds' | 'matchedCount'>,
    refused: Map<number, unknown>,
  ): void {
    // The server tells how many matched, not which. An upsert that neither inserts nor is refused has.
    const missed = this.waiting.length - refused.size - Object.keys(upsertedIds).length - matchedCount
    this.waiting.forEach(({ upsert, resolve, reject }, index) => {
      const upsertedId = (upsertedIds[index] ?? null) as UpdateResult['upsertedId']
      const isInsert = upsertedId !== null
      const isMatch = !isInsert && (upsert || missed === 0)
      const counts = { matchedCount: isMatch ? 1 : 0, upsertedCount: isInsert ? 1 : 0 }
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
