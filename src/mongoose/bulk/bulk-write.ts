import type { UpdateResult } from 'mongoose'
import type { WriteContext } from '../../store/write'
import { mustGoAlone, sendAlone, throughMiddleware } from '../command/send'
import { type Answer, type Command, insertTogether, sendTogether } from '../command/send-together'
import { isDuplicateKey, isUnsent } from '../target/database-error'
import type { Incoming } from '../target/incoming'
import { type AnyDoc, durable, oncePerModel, type Target, within } from '../target/target'
import { finished, planWrite } from '../write/guarded-write'
import { insertOf } from '../write/plan'
import { linkTo } from '../write/push-extension'
import { refusal } from '../write/refused'
import type { Attempt } from '../write/resolution'
import { RetryState } from '../write/retry-state'

/** A user's first attempt in a bulk write. `alone`: the user must be written alone, or its refusal resolved alone. */
export type BulkAttempt = Attempt | { kind: 'alone' }
/** Stored local accounts that users belong to; `undefined`: none. Missing users were not looked for. */
export type Locals = ReadonlyMap<Incoming, AnyDoc | undefined>

/**
 * Sends the guarded writes of many users together. Each is planned and validated like a single write, and runs through
 * the app's `updateOne` middleware; instead of being sent it then waits for the others.
 *
 * @returns One attempt per user, in the given order. Rejects if a whole command failed.
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
        return await attemptAt(place, target, stateOf(target, incoming, locals), { incoming, context })
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

/**
 * The state after the search for a local account: the account is linked, or an insert is allowed. `undefined` if there was
 * no search.
 */
function stateOf(target: Target, incoming: Incoming, locals: Locals): RetryState | undefined {
  if (!locals.has(incoming)) return undefined
  const first = new RetryState(target, incoming)
  const local = locals.get(incoming)
  if (local) return linkTo(target, incoming, first, local)
  return first.with({ isUpdateOnly: incoming.locals?.looksForSpellings ?? false })
}

async function attemptAt(
  place: Place,
  target: Target,
  state: RetryState | undefined,
  { incoming, context }: { incoming: Incoming; context: WriteContext },
): Promise<BulkAttempt> {
  const isLink = state?.linkTo !== undefined
  const plan = await planWrite(target, incoming, state, context)
  if (plan.refused.length > 0) return { kind: 'refused', paths: plan.refused }
  if (!plan.upsert && !isLink) return { kind: 'alone' }
  try {
    const give = place.give(plan.upsert)
    const { upsertedCount, matchedCount } = await throughMiddleware(target, 'updateOne', plan, (given, extra) => {
      const update = finished(target, incoming, plan, given)
      const document = update === plan.update ? insertOf(target, plan) : undefined
      return give({ filter: plan.filter, update, extra, ...(document && { document }) })
    })
    if (isLink) return matchedCount > 0 ? { kind: 'linked' } : { kind: 'missed' }
    // An upsert that neither inserts nor collides has matched.
    return { kind: upsertedCount > 0 ? 'created' : 'updated' }
  } catch (error) {
    return refusal(error)
  }
}

interface Insertable extends Command {
  /** What the upsert inserts, if that is known before. */
  document?: AnyDoc
}

interface CommandOfMiddleware extends Insertable {
  /** Options that middleware set on the query. */
  extra: AnyDoc
}

/** Where one user's command is added, or withdrawn. */
interface Place {
  give(upsert: boolean): (command: Omit<CommandOfMiddleware, 'upsert'>) => Promise<UpdateResult>
  leave(): void
}

interface Waiting extends CommandOfMiddleware {
  resolve(result: UpdateResult): void
  reject(error: unknown): void
}

/** Commands sent together once each user has added one or withdrawn. */
export class Bulk {
  /** Why the whole command failed. The results of its writes are then unknown. */
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
        const { extra } = command
        if (mustGoAlone(command.update, extra))
          return sendAlone(this.target.model, { ...command, upsert }, { deadline: this.context.deadline, extra })
        return new Promise((resolve, reject) => close({ ...command, upsert, resolve, reject }))
      },
      leave: () => void (isOpen && close()),
    }
  }

  private async send(): Promise<void> {
    const { waiting, target } = this
    try {
      const answers = await insertOrUpsert(target, waiting, { ...durable, ...within(this.context) })
      waiting.forEach(({ resolve, reject }, index) => {
        const answer = answers[index] as Answer<UpdateResult>
        if ('error' in answer) reject(answer.error)
        else resolve(answer.result)
      })
    } catch (error) {
      // One command that cannot be sent prevents all others. Sent alone, each shows which one it is.
      if (!isUnsent(error)) this.failure = error
      for (const { reject } of waiting) reject(error)
    }
  }
}

/** Whether most of the last page was new, for each model. A first backfill meets only users that are. */
const lastPage = oncePerModel(() => ({ wasNew: false }))

/**
 * Sends commands together. A server inserts a document faster than it runs an upsert: in less than half the time. So if
 * the last page was new, what an upsert would insert is inserted; what is stored already follows with the other commands,
 * as an upsert, whose guard compares versions.
 */
async function insertOrUpsert(
  target: Target,
  commands: readonly Insertable[],
  options: AnyDoc,
): Promise<readonly Answer<UpdateResult>[]> {
  const { model } = target
  const last = lastPage(target)
  const answers = new Map<Insertable, Answer<UpdateResult>>()
  const keep = (sent: readonly Insertable[], given: readonly Answer<UpdateResult>[]) =>
    sent.forEach((command, index) => void answers.set(command, given[index] as Answer<UpdateResult>))
  const inserts = last.wasNew ? commands.filter(({ document }) => document) : []
  const documents = inserts.map(({ document }) => document as AnyDoc)
  if (inserts.length > 0) keep(inserts, await insertTogether(model, documents, options))
  const others = commands.filter((command) => isOpen(answers.get(command)))
  if (others.length > 0) keep(others, await sendTogether(model, others, options))
  const all = commands.map((command) => answers.get(command) as Answer<UpdateResult>)
  const created = all.filter((answer) => 'result' in answer && answer.result.upsertedCount > 0)
  // The end of memberships, which inserts nothing, says nothing about the next page.
  if (commands.some(({ document }) => document)) last.wasNew = created.length * 2 >= commands.length
  return all
}

/** Whether a command was not sent, or only as an insert of a document that is there. */
const isOpen = (answer: Answer<UpdateResult> | undefined): boolean =>
  !answer || ('error' in answer && isDuplicateKey(answer.error))
