import type { Collection, Model, SchemaType } from 'mongoose'
import { ClerkSyncError } from '../../errors'
import type { SyncRules, WriteContext } from '../../store/write'
import { timerDelay } from '../../time/deadline'
import { signalAt } from './deadline-signal'
import type { HostSchema } from './host-schema'
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
      `${model.modelName} is a discriminator: its key would be in every filter, so a user whose key changed would ` +
        'collide with itself. Pass the base model.',
    )
  }
  const tombstones = model.db.collection(options.tombstones) as Collection
  return { model, paths: options.paths, idPath: options.paths.clerkId, tombstones, options }
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
export function within({ deadline }: Pick<WriteContext, 'deadline'>): { timeoutMS?: number; signal?: AbortSignal } {
  if (deadline === undefined) return {}
  return { timeoutMS: Math.max(1, timerDelay(deadline - Date.now())), signal: signalAt(deadline) }
}

/** One more than the number of ids, so that the server reports the end without a second request. */
export const inOneBatch = (ids: readonly string[]) => ({ batchSize: ids.length + 1 })

/** Returns the rules of the call, completed with the model's. */
export function resolveRules({ options: { rules } }: Target, given: SyncRules): Required<SyncRules> {
  return {
    mapUser: given.mapUser ?? rules.mapUser,
    linkBy: given.linkBy ?? rules.linkBy,
    onDelete: given.onDelete ?? rules.onDelete,
  }
}
