import type { Query, UpdateQuery } from 'mongoose'
import { hostCodeFailed, isPassedOn } from '../../host/host-code'
import { overlap } from '../target/owned-paths'
import type { Paths } from '../target/paths'
import { type AnyDoc, durable, type SyncModel, type Target } from '../target/target'

/** Operations of ours whose query middleware runs. */
export type Operation = 'updateOne' | 'findOneAndUpdate' | 'deleteOne'

/** Private members of a mongoose query. */
interface PrivateQuery extends Query<unknown, AnyDoc> {
  _castUpdate(update: AnyDoc): AnyDoc | undefined
  _updateOne?: () => Promise<unknown>
  _findOneAndUpdate?: () => Promise<unknown>
  _deleteOne?: () => Promise<unknown>
}

/** A command as middleware sees it. */
export interface Given {
  filter: AnyDoc
  /** Absent for deletions. */
  update?: UpdateQuery<AnyDoc>
  upsert?: boolean
  /** Owned paths that the update sets to Clerk's value. */
  taken?: readonly string[]
}

/**
 * Runs the app's query middleware around a command that is sent with the driver. The middleware sees the query and can
 * add to its update. The filter sent is ours, so middleware that narrows filters cannot hide a document, and the
 * server's response is read before error middleware can change it.
 *
 * Relies on private behaviour of mongoose 8.13 to 8.24 and 9.0 to 9.12: `exec()` runs the `pre` hooks, then the query's
 * method `_<operation>`, then the `post` hooks; `_castUpdate` casts an update.
 *
 * @param send Sends the command, with the middleware's changes merged into the update, and the options it set on the
 * query.
 * @throws {ClerkSyncError} `host_code_failed` if middleware threw, or prevented the command.
 */
export async function inQuery<T>(
  { model, paths }: Pick<Target, 'model' | 'paths'>,
  operation: Operation,
  given: Given,
  send: (update: AnyDoc, extra: AnyDoc) => Promise<T>,
): Promise<T> {
  const query = queryFor(model, operation, given)
  const merge = given.update
    ? mergeChanges(model, given.update as AnyDoc, query.getUpdate() as AnyDoc, paths)
    : undefined
  let sent: { answer: T } | { error: unknown } | undefined
  query[`_${operation}`] = async () => {
    const seen = query.getUpdate() as AnyDoc
    const update = merge ? merge(seen, (changes) => query._castUpdate(changes) ?? {}) : {}
    try {
      const answer = await send(update, extraOptions(query))
      sent = { answer }
      // A copy, because middleware may change it.
      return typeof answer === 'object' && answer !== null ? { ...answer } : answer
    } catch (error) {
      sent = { error }
      throw error
    }
  }
  try {
    await query.exec()
  } catch (error) {
    if (sent && 'error' in sent) throw sent.error
    throw isPassedOn(error) ? error : hostCodeFailed('middleware', operation, error)
  }
  if (!sent) throw hostCodeFailed('middleware', operation, new Error('The middleware skipped the command.'))
  if ('error' in sent) throw sent.error
  return sent.answer
}

/** Options of middleware that do not change which document is written. */
const passedOn = ['comment', 'hint', 'arrayFilters', 'let', 'bypassDocumentValidation']

function extraOptions(query: PrivateQuery): AnyDoc {
  return Object.fromEntries(Object.entries(query.getOptions()).filter(([name]) => passedOn.includes(name)))
}

/** Uses `where()`, because plugins replace a model's statics (`updateOne`, `deleteOne`). */
function queryFor(
  model: SyncModel,
  operation: Operation,
  { filter, update = {}, upsert = false, taken = [] }: Given,
): PrivateQuery {
  const options = { upsert, timestamps: false, takenFromClerk: taken, ...durable }
  const query = model.where() as unknown as Query<unknown, AnyDoc>
  if (operation === 'deleteOne') query.deleteOne(filter, { ...durable })
  else if (operation === 'updateOne') query.updateOne(filter, update, options)
  else query.findOneAndUpdate(filter, update, { ...options, returnDocument: 'before' })
  return query as PrivateQuery
}

/** One path within one operator of an update. */
interface Entry {
  operator: string
  path: string
  value: unknown
}

/** Paths that middleware cannot change: identity, version and pending hooks. */
const bookkeeping = ['clerkId', 'clerkUpdatedAt', 'clerkDeletedAt', 'clerkHooksDue', 'clerkPendingType'] as const

/**
 * Merges the app's middleware changes into a command. Unchanged entries are sent as built, because the candidate has
 * already cast them; added and changed entries are cast by the schema; removed entries stay removed.
 *
 * @param before The update as mongoose holds it before the middleware runs.
 */
function mergeChanges(model: SyncModel, ours: AnyDoc, before: AnyDoc, paths: Paths) {
  const { BSON } = model.base.mongo
  const textOf = (value: unknown) => Buffer.from(BSON.serialize({ value })).toString('base64')
  const known = new Map(entriesOf(before).map((entry) => [keyOf(entry), textOf(entry.value)]))
  const kept = new Set<string>(bookkeeping.map((name) => paths[name]))
  const isKept = ({ path }: Entry) => kept.has(path)

  return (after: AnyDoc, cast: (changes: AnyDoc) => AnyDoc): AnyDoc => {
    // A pipeline replaces the update as a whole.
    if (Array.isArray(after)) return after
    const entries = entriesOf(after)
    const changed = entries.filter((entry) => !isKept(entry) && known.get(keyOf(entry)) !== textOf(entry.value))
    const standing = new Set(entries.map(keyOf))
    const isUntouched = changed.length === 0 && [...known.keys()].every((key) => standing.has(key))
    if (isUntouched) return ours
    const left = entriesOf(ours).filter((entry) => {
      if (isKept(entry)) return true
      // Defaults are kept even if middleware changes the operator, because mongoose adds its own after all middleware.
      const isStanding = standing.has(keyOf(entry)) || entry.operator === '$setOnInsert'
      return isStanding && !changed.some(({ path }) => overlap(path, entry.path))
    })
    const casted = changed.length === 0 ? [] : entriesOf(cast(updateOf(changed)))
    return updateOf([...left, ...casted])
  }
}

const keyOf = ({ operator, path }: Entry): string => `${operator} ${path}`

/** mongoose treats a key without an operator as `$set`. */
function entriesOf(update: AnyDoc): Entry[] {
  return Object.entries(update).flatMap(([operator, operand]) => {
    if (!operator.startsWith('$')) return [{ operator: '$set', path: operator, value: operand }]
    return Object.entries((operand ?? {}) as AnyDoc).map(([path, value]) => ({ operator, path, value }))
  })
}

function updateOf(entries: readonly Entry[]): AnyDoc {
  const update: Record<string, AnyDoc> = {}
  for (const { operator, path, value } of entries) {
    update[operator] ??= {}
    update[operator][path] = value
  }
  return update
}
