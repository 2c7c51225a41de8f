import { setMaxListeners } from 'node:events'
import type { Collection, Model, SchemaType } from 'mongoose'
import { ClerkSyncError } from '../../errors'
import type { ClerkResourceJSON } from '../../events/events'
import type { AnyRules, WriteContext } from '../../store/write'
import { timerDelay } from '../../time/deadline'
import type { ResolvedRules } from './entity'
import type { HostSchema } from './host-schema'
import type { Incoming } from './incoming'
import type { Paths } from './paths'
import type { ResolvedPluginOptions } from './plugin-options'
import { pluginOptions } from './two-copies'

/** A document with any paths. */
export type AnyDoc = Record<string, unknown>
/** A mongoose model with the plugin. */
export type SyncModel = Model<AnyDoc>

/** Where guarded writes go: a model, its paths and its tombstones. */
export interface Target {
  model: SyncModel
  paths: Paths
  /** The path of Clerk's id: `clerkId`, another path, or `_id`. */
  idPath: string
  tombstones: Collection
  options: ResolvedPluginOptions
}

/**
 * Returns the target of a model.
 * @throws {ClerkSyncError} `plugin_missing`, `schema_unfit` for a discriminator's child or a schema of another
 * mongoose.
 */
export function targetOf(model: SyncModel): Target {
  const schema = schemaOf(model)
  const options = pluginOptions(model)
  if (schema.discriminatorMapping && !schema.discriminatorMapping.isRoot) {
    throw new ClerkSyncError(
      'schema_unfit',
      `${model.modelName} is a discriminator. mongoose adds its key to every filter, so a user with another key would not ` +
        'be found. Pass the base model.',
    )
  }
  const tombstones = model.db.collection(options.tombstones) as Collection
  return { model, paths: options.paths, idPath: options.paths.clerkId, tombstones, options }
}

/** Makes a value at the first call for a model, and returns the same one at every later call. */
export function oncePerModel<T extends object>(make: (target: Target) => T): (target: Target) => T {
  const made = new WeakMap<SyncModel, T>()
  return (target) => {
    const known = made.get(target.model)
    if (known) return known
    const value = make(target)
    made.set(target.model, value)
    return value
  }
}

/** The model's schema, as the type that this library uses. */
export const schemaOf = (model: SyncModel): HostSchema => model.schema as unknown as HostSchema

/** The schema's definition of a path, or `undefined`. */
export const schemaPath = (model: SyncModel, path: string): SchemaType | undefined =>
  model.schema.path(path) ?? undefined

/**
 * Casts a value as the schema stores it at a path. A value that cannot be cast is returned unchanged and matches
 * nothing.
 */
export function castAt(model: SyncModel, path: string, value: unknown): unknown {
  try {
    return schemaPath(model, path)?.cast(value) ?? value
  } catch {
    return value
  }
}

/** The value at a dotted path of a document from the driver. */
export function valueAt(doc: AnyDoc, path: string): unknown {
  if (!path.includes('.')) return doc?.[path]
  return path.split('.').reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null ? (value as AnyDoc)[key] : undefined
  }, doc)
}

/**
 * Options of all our writes: acknowledged by a majority and from the journal, independently of the connection string. A
 * nested object, because mongoose drops `w` and `j` from flat options. `byClerkSync` marks the write as ours, so that
 * it is not pushed as a local change; the driver ignores it.
 */
export const durable = { writeConcern: { w: 'majority', j: true }, byClerkSync: true } as const

/** Whether a write with these options is this library's. */
export const isOurs = (options: object): boolean => 'byClerkSync' in options && options.byClerkSync === true

/** Marks a condition of ours in a mongoose filter, which the option `sanitizeFilter` would otherwise escape. */
export const trusted = ({ model }: Pick<Target, 'model'>, condition: AnyDoc): AnyDoc => model.base.trusted(condition)

/** Owned paths that a query of ours sets to Clerk's value. */
export const takenBy = (options: object): readonly string[] =>
  'takenFromClerk' in options && Array.isArray(options.takenFromClerk) ? options.takenFromClerk : []

/** Matches documents that are not deleted in Clerk. Older schemes may have stored `null` there. */
export const NOT_DELETED = { $not: { $type: 'date' } }

/** Reads from the primary, for everything that a decision depends on. */
export const fromPrimary = { readPreference: 'primary' } as const

/**
 * The time left for a command, as options of the driver; empty without a deadline. Drivers that do not support `signal`
 * use `timeoutMS`.
 */
export function within({ deadline }: { deadline?: number | undefined }): { timeoutMS?: number; signal?: AbortSignal } {
  if (deadline === undefined) return {}
  // Later than the deadline, at which the caller gets an error of ours and not the driver's.
  return { timeoutMS: Math.max(1, timerDelay(endOf(deadline) - Date.now())), signal: signalAt(deadline) }
}

/** One more than the number of ids, so that the server reports the end without a second request. */
export const inOneBatch = (ids: readonly string[]) => ({ batchSize: ids.length + 1 })

/** Returns the rules of the call, completed with the model's. */
export function resolveRules({ options: { rules, entity } }: Target, given: AnyRules): ResolvedRules {
  return {
    map: entity.mapOf(given) ?? rules.map,
    linkBy: given.linkBy ?? rules.linkBy,
    onDelete: given.onDelete ?? rules.onDelete,
  }
}

/** Prepares a resource in Clerk's JSON for guarded writes, with the rules of the call or else the model's. */
export function toIncoming(target: Target, json: ClerkResourceJSON, context: WriteContext): Incoming {
  return target.options.entity.toIncoming(target as never, json, resolveRules(target, context), context)
}

/** The context of data just fetched from Clerk, which is not fetched again and has no redelivery. */
export function asFetched(context: WriteContext): WriteContext {
  const { fetchUser, fetchOrganization, fetchMembership, marks, changes, messageId, ...others } = context
  return { ...others, fromApi: true }
}

/** Returns the same text for equal values, from mongoose or from the driver. */
export function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return inner.toString()
    if (inner instanceof Map) return Object.fromEntries(inner)
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    // JSON.stringify makes base64 of the driver's Binary, and this object of Node's Buffer.
    if ('type' in inner && inner.type === 'Buffer' && 'data' in inner)
      return Buffer.from(inner.data as number[]).toString('base64')
    // mongoose adds an `_id` to subdocuments, a new one in each candidate.
    const entries = Object.entries(inner).filter(([key]) => key !== '_id')
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/**
 * Deadlines this close share a signal, which limits the number of timers. A command can exceed its deadline by this
 * much.
 */
const STEP_MS = 100

const endOf = (deadline: number): number => (Math.floor(deadline / STEP_MS) + 1) * STEP_MS

const signals = new Map<number, AbortSignal>()

/**
 * Returns a signal that aborts a command at its deadline (milliseconds), which returns its connection to the pool.
 *
 * Measured with a connected server that does not respond, with a limit of 400 ms:
 *
 * | means, per command     | mongodb 6.20.0 (mongoose 8.24) | mongodb 7.8.0 (mongoose 9.12)     |
 * |------------------------|--------------------------------|-----------------------------------|
 * | `timeoutMS`            | ends every command             | no effect; nor has the client's   |
 * | `maxTimeMS`            | only the server applies it     | only the server applies it        |
 * | `signal`               | ends every command             | ends every command                |
 * | client `socketTimeoutMS` | ends writes; reads are retried | ends writes; reads are retried  |
 *
 * If no server is available, `signal` ends server selection in 6.20.0, but not always in 7.8.0, where only the client's
 * `serverSelectionTimeoutMS` does. A write that was sent can still be applied after its signal: all our writes are safe
 * to arrive late.
 */
export function signalAt(deadline: number): AbortSignal {
  const end = endOf(deadline)
  const known = signals.get(end)
  if (known) return known
  const controller = new AbortController()
  // Each running command adds a listener and removes it, so many at once are not a leak.
  setMaxListeners(0, controller.signal)
  const timer = setTimeout(
    () => {
      signals.delete(end)
      controller.abort(new DOMException('The deadline has passed.', 'TimeoutError'))
    },
    timerDelay(end - Date.now()),
  )
  // In Node, the timer must not keep the process alive.
  if (typeof timer === 'object') timer.unref()
  signals.set(end, controller.signal)
  return controller.signal
}
