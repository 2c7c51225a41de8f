import { type ClerkSync, type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { type Connection, Schema } from 'mongoose'

/** Where a process is killed: at its nth database command, or its nth request to Clerk. */
export interface PushKillPoint {
  at: 'command' | 'request'
  nth: number
  /** `during`: Clerk has applied it, and the answer is not read. */
  side: 'before' | 'during' | 'after'
}

export interface PushTask {
  uri: string
  collection: string
  clerk: { secretKey: string; apiUrl: string }
  /** `_id` of the local account to register; if absent, due users are pushed. */
  register?: string
  kill?: PushKillPoint
}

/** An app that owns the plan and the first name. */
export async function makePushApp(
  connection: Connection,
  { collection, clerk }: Pick<PushTask, 'collection' | 'clerk'>,
  options: Partial<ClerkSyncOptions> = {},
) {
  const definition = { email: { type: String, unique: true, sparse: true }, firstName: String, plan: String }
  const schema = new Schema(definition, { collection })
  schema.plugin(clerkSyncPlugin, { push: { publicMetadata: ['plan'], profile: ['firstName'], externalId: '_id' } })
  const users = clerkModel(`Killed ${collection}`, schema, connection)
  await users.init()
  const clerkSync: ClerkSync = createClerkSync({ users, clerk, logger: false, ...options })
  return { users, clerkSync }
}
