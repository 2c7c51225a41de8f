import type { Collection, Model, SchemaType } from 'mongoose'
import { ClerkSyncError } from '../../errors'
import type { WriteContext } from '../../store/write'
import { timerDelay } from '../../time/timer-delay'
import { signalAt } from './deadline-signal'
import type { HostSchema } from './host-schema'
import type { Paths } from './paths'
import type { ResolvedPluginOptions } from './plugin-options'
import { pluginOptions } from './two-copies'

/** A document whose paths only the host knows. */
export type AnyDoc = Record<string, unknown>
export type SyncModel = Model<AnyDoc>

/** Where guarded writes go: a model, its paths and the tombstones beside it. Nothing here is about users alone. */
export interface Target {
  model: SyncModel
  paths: Paths
  /** Where Clerk's id is: `clerkId`, another path, or `_id`. */
  idPath: string
  tombstones: Collection
  options: ResolvedPluginOptions
}

/** @throws {ClerkSyncError} `plugin_missing`, `schema_unfit` for a discriminator's child or a schema of another mongoose. */
export function targetOf(model: SyncModel): Target {
  const schema = schemaOf(model)
  const options = pluginOptions(model)
  if (schema.discriminatorMapping && !schema.discriminatorMapping.isRoot) {
    throw new ClerkSyncError(
      'schema_unfit',
      `${model.modelName} is a discriminator: its key would be part of every filter, and a user whose key changed would ` +
        'collide with itself. Give the base model.',
    )
  }
  const tombstones = model.db.collection(options.tombstones) as Collection
  return { model, paths: options.paths, idPath: options.paths.clerkId, tombstones, options }
}

export const schemaOf = (model: SyncModel): HostSchema => model.schema as unknown as HostSchema

/** The schema's definition of a path; `undefined` where it has none. */
export const schemaPath = (model: SyncModel, path: string): SchemaType | undefined =>
  model.schema.path(path) ?? undefined

/** A value as the schema stores it at a path; what can be none stays as it is, and finds nothing. */
export function castAt(model: SyncModel, path: string, value: unknown): unknown {
  try {
    return schemaPath(model, path)?.cast(value) ?? value
  } catch {
    return value
  }
}

/** The stored value at a dotted path of a document as the driver gives it. */
export function valueAt(doc: AnyDoc, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null ? (value as AnyDoc)[key] : undefined
  }, doc)
}

/**
 * How every write of ours is acknowledged: by a majority and from the journal, whatever the connection string says.
 * As one object: mongoose drops `w` and `j` when they stand flat among the options. What bears it is ours, and so no local
 * change to be pushed; the driver passes the mark over.
 */
export const durable = { writeConcern: { w: 'majority', j: true }, byClerkSync: true } as const

/** Whether a write with these options is this library's. */
export const isOurs = (options: object): boolean => 'byClerkSync' in options && options.byClerkSync === true

/** A condition of our own in a mongoose filter, which the option `sanitizeFilter` would take for a user's. */
export const trusted = ({ model }: Pick<Target, 'model'>, condition: AnyDoc): AnyDoc => model.base.trusted(condition)

/** Owned paths to which a query of ours brings Clerk's value. */
export const takenBy = (options: object): readonly string[] =>
  'takenFromClerk' in options && Array.isArray(options.takenFromClerk) ? options.takenFromClerk : []

/** What holds for documents that Clerk has not deleted. Older schemes may have stored `null` there. */
export const NOT_DELETED = { $not: { $type: 'date' } }

/** What a decision rests on is read from the primary. */
export const fromPrimary = { readPreference: 'primary' } as const

/** The time left for a command, as the driver's options; nothing where nobody waits. Drivers before `signal` heed `timeoutMS`. */
export function within({ deadline }: Pick<WriteContext, 'deadline'>): { timeoutMS?: number; signal?: AbortSignal } {
  if (deadline === undefined) return {}
  return { timeoutMS: Math.max(1, timerDelay(deadline - Date.now())), signal: signalAt(deadline) }
}

/** As many documents as there are ids, and one more, so that the server sees the end and is not asked again. */
export const inOneBatch = (ids: readonly string[]) => ({ batchSize: ids.length + 1 })
