import { ClerkSyncError, otherMongoose } from '../errors'
import type { ClerkStore } from './clerk-store'

/** A mongoose model, as little of it as this needs. That it carries our plugin is checked when it is used. */
export interface ModelLike<Doc = unknown> {
  readonly modelName: string
  readonly schema: object
  new (...given: never[]): Doc
}

/** The way from a model to its store, which `clerkSyncPlugin` leaves in the schema's options. */
interface PluggedModel {
  readonly schema: { readonly options: { readonly clerkSync: { openStore(model: unknown): ClerkStore } } }
}

/**
 * The store of a model with the plugin, or the store itself.
 * @throws {ClerkSyncError} `plugin_missing` for anything else, and what opening the store throws.
 */
export function resolveStore(users: ClerkStore | ModelLike): ClerkStore {
  if (isPlugged(users)) return users.schema.options.clerkSync.openStore(users)
  if (isModel(users))
    throw 'upsertFromClerk' in users
      ? otherMongoose(users.modelName, users.base?.version)
      : missing(`The model ${users.modelName}`)
  const verbs = ['findByClerkId', 'upsertFromClerk', 'deleteFromClerk', 'clearHookMarks'] as const
  if (users && verbs.every((verb) => verb in users && typeof users[verb as keyof typeof users] === 'function')) {
    return users as ClerkStore
  }
  throw missing('`users`')
}

function missing(what: string): ClerkSyncError {
  return new ClerkSyncError(
    'plugin_missing',
    `${what} does not carry the plugin: call userSchema.plugin(clerkSyncPlugin) before the model is made from the schema.`,
  )
}

function isModel(users: ClerkStore | ModelLike): users is ModelLike & { base?: { version?: string } } {
  return Boolean(users) && 'modelName' in users && 'schema' in users
}

function isPlugged(users: unknown): users is PluggedModel {
  const { schema } = (users ?? {}) as { schema?: { options?: { clerkSync?: Partial<Record<'openStore', unknown>> } } }
  return typeof schema?.options?.clerkSync?.openStore === 'function'
}
