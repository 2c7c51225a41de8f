import { type Connection, Schema } from 'mongoose'
import type { TestedApp } from './fleet'
import type * as Library from './library'

export type LibraryExports = typeof Library

/** How the app configures the library. */
export interface Setting {
  schema: 'sparse' | 'requiredEmail' | 'requiredBoth'
  onDelete: 'soft' | 'hard' | 'anonymize'
  deliveries: boolean
  hooks: boolean
  /** Whether Clerk makes several changes within a millisecond; a key is configured then. */
  ties: boolean
  /** Number of models in the database; each has hooks, and an endpoint that receives every message. */
  models: 1 | 2
  /** Whether the app changes all users before the replay. */
  drift: boolean
}

/** Index of the model. */
export type Endpoint = 0 | 1
export const endpointsOf = ({ models }: Setting): Endpoint[] => (models === 1 ? [0] : [0, 1])

export interface Surroundings {
  signingSecret: string
  clerkApiUrl: string
  timeoutMs: number
  /** The hook of every type. */
  hook: (context: HookContext) => Promise<void>
}

export interface HookContext {
  event: { type: string; data: { id?: unknown } }
  user: unknown
  outcome: string
  messageId: string
  signal: AbortSignal
}

const unique = { type: String, unique: true }
const definitions = {
  sparse: { email: { ...unique, sparse: true, lowercase: true }, username: { ...unique, sparse: true } },
  requiredEmail: { email: { ...unique, required: true, lowercase: true }, username: { ...unique, sparse: true } },
  requiredBoth: { email: { ...unique, required: true }, username: { ...unique, required: true } },
}
const schemaNames = Object.keys(definitions) as (keyof typeof definitions)[]

export const collectionsOf = (schema: Setting['schema'], endpoint: Endpoint = 0) => ({
  users: endpoint === 0 ? `users_${schema}` : `others.${schema}`,
  tombstones: `tombstones_${schema}`,
  deliveries: `deliveries_${schema}`,
  jobs: `jobs_${schema}_${endpoint}`,
})

/** The paths of an app's users. */
export const userPathsOf = (schemaName: Setting['schema']) => ({
  ...definitions[schemaName],
  firstName: String,
  lastName: String,
  plan: { type: String, default: 'free' },
})

/** The model of a schema, created once per connection. */
export function modelOf(
  { clerkModel, clerkSyncPlugin }: LibraryExports,
  connection: Connection,
  schemaName: Setting['schema'],
  endpoint: Endpoint,
) {
  const { users, tombstones, jobs } = collectionsOf(schemaName, endpoint)
  const name = `${schemaName}${endpoint}`
  if (!connection.models[name]) {
    const schema = new Schema(userPathsOf(schemaName), { collection: users })
    schema.plugin(clerkSyncPlugin, { collections: { tombstones, jobs } })
    return clerkModel(name, schema, connection)
  }
  return clerkModel(name, new Schema(), connection)
}

export const hookTypes = ['user.created', 'user.updated', 'user.deleted', 'session.created'] as const

/** The `clerkSync` of a model with the given setting. */
export function makeSubject(
  library: LibraryExports,
  connection: Connection,
  { setting, endpoint }: { setting: Setting; endpoint: Endpoint },
  around: Surroundings,
) {
  const on = Object.fromEntries(hookTypes.map((type) => [type, around.hook]))
  const { deliveries: collection } = collectionsOf(setting.schema)
  const options = {
    signingSecret: around.signingSecret,
    onDelete: setting.onDelete,
    timeoutMs: around.timeoutMs,
    ...((setting.ties || setting.drift) && { clerk: { secretKey: 'sk_test_chaos', apiUrl: around.clerkApiUrl } }),
    ...(setting.hooks && { on }),
    ...(setting.deliveries && { deliveries: { collection } }),
  }
  return library.createClerkSync({
    users: modelOf(library, connection, setting.schema, endpoint),
    logger: false,
    ...options,
  })
}

export const usersApp: TestedApp<Setting> = {
  endpointsOf,
  makeSubject,
  async initModels(library, connection) {
    for (const name of schemaNames)
      for (const endpoint of [0, 1] as const) await modelOf(library, connection, name, endpoint).init()
  },
}
