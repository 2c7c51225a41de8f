import { setImmediate } from 'node:timers'
import type { UpdateResult } from 'mongoose'
import type { WriteContext } from '../../store/write'
import { latest } from '../../time/deadline'
import { isUnsent } from '../target/database-error'
import { type AnyDoc, durable, oncePerModel, type SyncModel, schemaOf, type Target, within } from '../target/target'
import { type Given, inQuery, type Operation } from './in-query'
import { type Answer, type Command, sendTogether } from './send-together'

/**
 * Sends a command of ours with the driver: through the app's query middleware, or as it is if nothing of the app could see
 * it.
 *
 * @param send Sends the command, with the middleware's changes merged into the update, and the options it set on the
 * query.
 * @throws {ClerkSyncError} `host_code_failed` if middleware threw, or prevented the command.
 */
export function throughMiddleware<T>(
  target: Pick<Target, 'model' | 'paths'>,
  operation: Operation,
  given: Given,
  send: (update: AnyDoc, extra: AnyDoc) => Promise<T>,
): Promise<T> {
  if (isSeenByApp(target.model, operation)) return inQuery(target, operation, given, send)
  return send((given.update ?? {}) as AnyDoc, {})
}

/** mongoose's own middleware, such as that of timestamps, which our queries switch off. */
const BUILT_IN: unique symbol = Symbol.for('mongoose:built-in-middleware') as never

interface Hook {
  fn: { [BUILT_IN]?: boolean }
}

/** Private members of a mongoose schema: its middleware by name. */
interface WithHooks {
  s?: { hooks?: { _pres?: Map<string, Hook[]>; _posts?: Map<string, Hook[]> } }
}

/**
 * Whether code of the app can see a query: its middleware, a replaced `exec`, or a subscriber to mongoose's traces. If
 * not, our command needs no query around it. A mongoose whose code is not recognised, such as a minified one, counts as
 * seen.
 */
function isSeenByApp(model: SyncModel, operation: string): boolean {
  const { _pres, _posts } = (schemaOf(model) as WithHooks).s?.hooks ?? {}
  const { Query } = model as { Query?: { prototype: { exec: unknown } } }
  if (!_pres || !_posts || !isOriginal(Query?.prototype.exec) || isTraced()) return true
  return [_pres, _posts].some((hooks) => hooks.get(operation)?.some(({ fn }) => !fn[BUILT_IN]))
}

const originals = new WeakMap<object, boolean>()

/** Whether `exec` is mongoose's, and not that of a plugin for caches or monitoring. Checked with 8.24 and 9.12. */
function isOriginal(exec: unknown): boolean {
  if (typeof exec !== 'function') return false
  const known = originals.get(exec)
  if (known !== undefined) return known
  const found = String(exec).includes('Kareem.skipWrappedFunction')
  originals.set(exec, found)
  return found
}

/** The channels of mongoose 9, on which monitoring tools listen. */
function isTraced(): boolean {
  const channels = globalThis.process?.getBuiltinModule?.('node:diagnostics_channel')
  return channels?.hasSubscribers('tracing:mongoose:query:start') ?? false
}

/** Whether middleware has changed a command so that it cannot be one of several: a pipeline, or options of its own. */
export const mustGoAlone = (update: unknown, extra: AnyDoc): boolean =>
  Array.isArray(update) || Object.keys(extra).length > 0

/** Sends one command by itself. @param extra Options that middleware set on the query. */
export function sendAlone(
  { collection }: SyncModel,
  { filter, update, upsert }: Command,
  { deadline, extra }: { deadline: number | undefined; extra?: AnyDoc },
): Promise<UpdateResult> {
  const options = { ...extra, ...durable, ...within({ deadline }) }
  if (!update) return collection.deleteOne(filter as never, options) as never
  return collection.updateOne(filter as never, update as never, { ...options, upsert }) as Promise<UpdateResult>
}

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * How long an item waits for company while a command is under way. That command may take long: the server is far away, or
 * waits for a lock.
 */
const HOLD_MS = 10
/** Limits how many neighbours one slow item can hold up. With more, the database idles while this process prepares them. */
const MAX_TOGETHER = 32

/** Kept from when this is loaded, because test runners replace timers with a clock that stands still. */
const afterThisTurn = setImmediate

/**
 * Sends items that wait at the same time as one command, as a database commits its journal. While no command is under way,
 * an item waits until the end of this turn of the event loop, so that those added in it go together. While one is, an item
 * waits for its answer, at most `HOLD_MS`.
 */
export class Group<Item, Result> {
  private waiting: Waiting<Item, Result>[] = []
  private underWay = 0
  private isSoon = false
  private hold: NodeJS.Timeout | undefined

  /**
   * @param send Sends items as one command and resolves with an answer for each, in their order. If it rejects, every
   * item of the command fails with that error.
   */
  constructor(private readonly send: (items: Item[]) => Promise<readonly Answer<Result>[]>) {}

  /** Resolves when the command with this item has been acknowledged. @throws the item's own error, or that of all. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject })
      if (this.waiting.length === MAX_TOGETHER) void this.sendWaiting()
      else if (this.underWay === 0) this.sendSoon()
      else this.hold ??= setTimeout(() => void this.sendWaiting(), HOLD_MS)
    })
  }

  private sendSoon(): void {
    if (this.isSoon) return
    this.isSoon = true
    afterThisTurn(() => {
      this.isSoon = false
      void this.sendWaiting()
    })
  }

  private async sendWaiting(): Promise<void> {
    clearTimeout(this.hold)
    this.hold = undefined
    const together = this.waiting.splice(0)
    if (together.length === 0) return
    this.underWay++
    try {
      const answers = await this.send(together.map(({ item }) => item))
      together.forEach(({ resolve, reject }, index) => {
        const answer = answers[index] as Answer<Result>
        if ('error' in answer) reject(answer.error)
        else resolve(answer.result)
      })
    } catch (error) {
      for (const { reject } of together) reject(error)
    } finally {
      this.underWay--
      if (this.waiting.length > 0) this.sendSoon()
    }
  }
}

/** A guarded upsert that may share a command with others. */
interface Upsert extends Command {
  deadline: number | undefined
}

const upsertsOf = oncePerModel(({ model }) => new Group((upserts: Upsert[]) => sendUpserts(model, upserts)))

/**
 * Sends an upsert, together with those of other deliveries that are in flight. Only upserts, because the server says of
 * several statements which inserted and which failed, but not which matched nothing.
 *
 * @throws the server's error about this upsert; the driver's if it is unknown what became of the command.
 */
export function upsertInGroup(
  target: Target,
  filter: AnyDoc,
  update: AnyDoc,
  { deadline }: WriteContext,
): Promise<UpdateResult> {
  return upsertsOf(target).add({ filter, update, upsert: true, deadline })
}

async function sendUpserts(model: SyncModel, upserts: readonly Upsert[]): Promise<readonly Answer<UpdateResult>[]> {
  const [first] = upserts
  if (upserts.length === 1 && first) return [await answerOf(sendAlone(model, first, first))]
  try {
    // Each delivery ends at its own deadline, whether or not the command has.
    const deadline = latest(upserts.map((upsert) => upsert.deadline))
    return await sendTogether(model, upserts, { ...durable, ...within({ deadline }) })
  } catch (error) {
    // A value that cannot be sent prevents all of them. Sent alone, it prevents its own.
    if (!isUnsent(error)) throw error
    return Promise.all(upserts.map((upsert) => answerOf(sendAlone(model, upsert, upsert))))
  }
}

const answerOf = <T>(sent: Promise<T>): Promise<Answer<T>> =>
  sent.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  )

/** Removes operators without paths from an update. Older servers reject them. */
export function withoutEmpty(update: object): AnyDoc {
  return Object.fromEntries(Object.entries(update).filter(([, operand]) => Object.keys(operand as AnyDoc).length > 0))
}
