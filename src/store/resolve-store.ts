import { ClerkSyncError, otherMongoose } from '../errors'
import type { ClerkStore } from './clerk-store'

/** The parts of a mongoose model that this library's types need. Whether it has the plugin is checked at run time. */
export interface ModelLike<Doc = unknown> {
  readonly modelName: string
  readonly schema: object
  new (...given: never[]): Doc
}

/** A model whose schema options contain the function that opens its store, set by `clerkSyncPlugin`. */
interface ModelWithPlugin {
  readonly schema: { readonly options: { readonly clerkSync: { openStore(model: unknown): ClerkStore } } }
}

/**
 * Returns the store of a model with the plugin, or the given store itself.
 * @throws {ClerkSyncError} `plugin_missing` for anything else, and errors of opening the store.
 */
export function resolveStore(users: ClerkStore | ModelLike): ClerkStore {
  if (hasPlugin(users)) return users.schema.options.clerkSync.openStore(users)
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
    `${what} does not have the plugin: call userSchema.plugin(clerkSyncPlugin) before creating the model from the schema.`,
  )
}

function isModel(users: ClerkStore | ModelLike): users is ModelLike & { base?: { version?: string } } {
  return Boolean(users) && 'modelName' in users && 'schema' in users
}

function hasPlugin(users: unknown): users is ModelWithPlugin {
  const { schema } = (users ?? {}) as { schema?: { options?: { clerkSync?: Partial<Record<'openStore', unknown>> } } }
  return typeof schema?.options?.clerkSync?.openStore === 'function'
}
