import { type Connection, Schema } from 'mongoose'
import type * as Library from './library'

export type LibraryExports = typeof Library

/** How the app under chaos has set the library up. */
export interface Setting {
  schema: 'sparse' | 'requiredEmail' | 'requiredBoth'
  onDelete: 'soft' | 'hard'
  deliveries: boolean
  hooks: boolean
  /** Whether Clerk makes several changes within a millisecond. Its API is then there to be asked. */
  ties: boolean
}

export interface Surroundings {
  signingSecret: string
  clerkApiUrl: string
  timeoutMs: number
  /** Runs as the hook of every type. */
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
export const schemaNames = Object.keys(definitions) as (keyof typeof definitions)[]

export const collectionsOf = (schema: Setting['schema']) => ({
  users: `users_${schema}`,
  tombstones: `tombstones_${schema}`,
  deliveries: `deliveries_${schema}`,
})

/** The model of a schema, made once a connection. */
export function modelOf(
  { clerkModel, clerkSyncPlugin }: LibraryExports,
  connection: Connection,
  name: Setting['schema'],
) {
  const { users, tombstones } = collectionsOf(name)
  if (!connection.models[name]) {
    const profile = { firstName: String, lastName: String, plan: { type: String, default: 'free' } }
    const schema = new Schema({ ...definitions[name], ...profile }, { collection: users })
    schema.plugin(clerkSyncPlugin, { collections: { tombstones } })
    return clerkModel(name, schema, connection)
  }
  return clerkModel(name, new Schema(), connection)
}

export const hookTypes = ['user.created', 'user.updated', 'user.deleted', 'session.created'] as const

/** The app's `clerkSync`, as the setting has it. */
export function makeSubject(library: LibraryExports, connection: Connection, setting: Setting, around: Surroundings) {
  const on = Object.fromEntries(hookTypes.map((type) => [type, around.hook]))
  const { deliveries: collection } = collectionsOf(setting.schema)
  const options = {
    signingSecret: around.signingSecret,
    onDelete: setting.onDelete,
    timeoutMs: around.timeoutMs,
    ...(setting.ties && { clerk: { secretKey: 'sk_test_chaos', apiUrl: around.clerkApiUrl } }),
    ...(setting.hooks && { on }),
    ...(setting.deliveries && { deliveries: { collection } }),
  }
  return library.createClerkSync({ users: modelOf(library, connection, setting.schema), logger: false, ...options })
}
