import { ClerkSyncError, otherMongoose } from '../errors'
import type { ResourceName } from '../events/events'
import type { ClerkStore } from './clerk-store'

/** The parts of a mongoose model that this library's types need. Whether it has the plugin is checked at run time. */
export interface ModelLike<Doc = unknown> {
  readonly modelName: string
  readonly schema: object
  new (...given: never[]): Doc
}

/** What the plugin leaves in the options of a schema. */
interface PluginOfModel {
  openStore(model: unknown): ClerkStore
  readonly entity: { readonly name: ResourceName }
}

const pluginOf = {
  user: { option: 'users', call: 'userSchema.plugin(clerkSyncPlugin)' },
  organization: { option: 'organizations', call: 'organizationSchema.plugin(clerkOrganizationPlugin)' },
  membership: { option: 'memberships', call: 'membershipSchema.plugin(clerkMembershipPlugin)' },
} as const

/** A model whose schema options contain the function that opens its store, set by `clerkSyncPlugin`. */
interface ModelWithPlugin {
  readonly schema: { readonly options: { readonly clerkSync: PluginOfModel } }
}

/**
 * Returns the store of a model with the plugin, or the given store itself.
 * @throws {ClerkSyncError} `plugin_missing` for anything else, and errors of opening the store.
 */
export function resolveStore(users: ClerkStore | ModelLike, resource: ResourceName = 'user'): ClerkStore {
  if (hasPlugin(users)) {
    const { entity } = users.schema.options.clerkSync
    // A copy of an earlier version of the plugin has no name, and is for users.
    const found = entity?.name ?? 'user'
    if (found !== resource) throw wrongPlugin(found, resource)
    return users.schema.options.clerkSync.openStore(users)
  }
  if (isModel(users))
    throw 'upsertFromClerk' in users
      ? otherMongoose(users.modelName, users.base?.version)
      : missing(`The model ${users.modelName}`, resource)
  const verbs = ['findByClerkId', 'upsertFromClerk', 'deleteFromClerk', 'clearHookMarks'] as const
  if (users && verbs.every((verb) => verb in users && typeof users[verb as keyof typeof users] === 'function')) {
    return users as ClerkStore
  }
  throw missing(`\`${pluginOf[resource].option}\``, resource)
}

function missing(what: string, resource: ResourceName): ClerkSyncError {
  return new ClerkSyncError(
    'plugin_missing',
    `${what} does not have the plugin: call ${pluginOf[resource].call} before creating the model from the schema.`,
  )
}

function wrongPlugin(found: ResourceName, wanted: ResourceName): ClerkSyncError {
  return new ClerkSyncError(
    'plugin_missing',
    `The model given as \`${pluginOf[wanted].option}\` has the plugin for \`${pluginOf[found].option}\`: call ${pluginOf[wanted].call}.`,
  )
}

function isModel(users: ClerkStore | ModelLike): users is ModelLike & { base?: { version?: string } } {
  return Boolean(users) && 'modelName' in users && 'schema' in users
}

function hasPlugin(users: unknown): users is ModelWithPlugin {
  const { schema } = (users ?? {}) as { schema?: { options?: { clerkSync?: Partial<Record<'openStore', unknown>> } } }
  return typeof schema?.options?.clerkSync?.openStore === 'function'
}
