import { type ClerkSync, type ClerkWebhookEvent, createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { type Connection, Schema } from 'mongoose'

/** Where a process is killed. */
export type KillPoint =
  | { at: 'command'; nth: number; side: 'before' | 'after' }
  | { at: 'hook'; side: 'start' | 'end' }
  | { at: 'answer' }

export interface Delivery {
  uri: string
  event: ClerkWebhookEvent
  messageId: string
  kill?: KillPoint
}

/** The app that is killed and then receives the redelivery: a model, three hooks that record their calls, the log. */
export async function makeApp(
  connection: Connection,
  onHook: (side: 'start' | 'end') => void = () => {},
): Promise<ClerkSync> {
  const schema = new Schema({ email: { type: String, unique: true, sparse: true }, firstName: String })
  schema.plugin(clerkSyncPlugin)
  const users = connection.models.KilledUser ? undefined : clerkModel('KilledUser', schema, connection)
  if (!users) throw new Error('one app a connection')
  await users.init()
  const hook = async ({ messageId }: { messageId: string | undefined }) => {
    onHook('start')
    await connection.collection('hook_runs').insertOne({ messageId }, { writeConcern: { w: 'majority', j: true } })
    onHook('end')
  }
  const on = { 'user.created': hook, 'user.updated': hook, 'user.deleted': hook, 'session.created': hook }
  return createClerkSync({ users, on, deliveries: true, logger: false })
}
