import type { UpdateResult } from 'mongoose'
import type { WriteContext } from '../../store/write'
import { latest } from '../../time/deadline'
import { isUnsent } from '../target/database-error'
import { type AnyDoc, durable, oncePerModel, type SyncModel, type Target, within } from '../target/target'
import { type Answer, type Command, sendTogether } from './send-together'
import { sendAlone } from './through-middleware'

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * How many commands of a group may be under way. With fewer, deliveries wait for a server that is far away; with more, each
 * command takes less along.
 */
const MAX_UNDER_WAY = 4
/** Limits how many neighbours one slow item can hold up, and the size of a command. */
const MAX_TOGETHER = 100
/**
 * A command that takes this long holds back no other any more: the server may wait for a lock on one document, or be far
 * away.
 */
const SLOW_MS = 50

/**
 * Sends items that wait at the same time as one command, as a database commits its journal. An item is sent at once while
 * few commands are under way; those that come later share the next ones.
 */
export class Group<Item, Result> {
  private waiting: Waiting<Item, Result>[] = []
  private underWay = 0
  /** Items waiting and under way. */
  private outstanding = 0

  /**
   * @param send Sends items as one command and resolves with an answer for each, in their order. If it rejects, every
   * item of the command fails with that error.
   */
  constructor(private readonly send: (items: Item[]) => Promise<readonly Answer<Result>[]>) {}

  /** Resolves when the command with this item has been acknowledged. @throws the item's own error, or that of all. */
  add(item: Item): Promise<Result> {
    this.outstanding++
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject })
      this.next()
    })
  }

  private next(): void {
    while (this.underWay < MAX_UNDER_WAY && this.waiting.length > 0) void this.sendNext()
  }

  private async sendNext(): Promise<void> {
    // An equal part for each command: one with all that wait would be slow, and the others would go almost empty.
    const share = Math.ceil(this.outstanding / MAX_UNDER_WAY)
    const together = this.waiting.splice(0, Math.min(share, MAX_TOGETHER))
    this.underWay++
    let isCounted = true
    const leave = () => {
      if (isCounted) this.underWay--
      isCounted = false
      this.next()
    }
    const timer = setTimeout(leave, SLOW_MS)
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
      clearTimeout(timer)
      this.outstanding -= together.length
      leave()
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
