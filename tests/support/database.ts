import type { ClerkStore } from 'clerk-mongo-sync'
import { type ClerkSyncPluginOptions, clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import mongoose, { type Connection, Schema } from 'mongoose'
import { afterAll, beforeAll, inject } from 'vitest'
import { resolveStore } from '../../src/store/resolve-store'

/** One command as the driver sent it. */
export interface SentCommand {
  name: string
  /** Collection it is for. */
  on: string
  command: Record<string, unknown>
}

export interface TestDatabase {
  readonly connection: Connection
  /** Commands sent since the last `forget()`, without the ones of connecting and of building indexes. */
  readonly commands: SentCommand[]
  forget(): void
  /** A model of its own collection, with the plugin, whose indexes are built. */
  users(options?: UsersOptions): Promise<TestModel>
}

interface UsersOptions extends ClerkSyncPluginOptions {
  /** Paths instead of the default ones. */
  definition?: Record<string, unknown>
  /** A whole schema instead. */
  schema?: Schema
}

/** Test schemas are created at run time, so their models have loose types. */
export type TestModel = ReturnType<typeof makeModel>

/** A common user schema. */
export const defaultDefinition = {
  email: { type: String, unique: true, sparse: true, lowercase: true },
  username: { type: String, unique: true, sparse: true },
  firstName: String,
  lastName: String,
  plan: { type: String, default: 'free' },
}

let made = 0
const uninteresting = new Set(['hello', 'ping', 'endSessions', 'createIndexes', 'listIndexes', 'create', 'killCursors'])

/** A separate database for a test file on the server of the run, dropped before and closed after. */
export function useDatabase(name: string, uri = async () => uriOf(`test_${name}`)): TestDatabase {
  const commands: SentCommand[] = []
  const connection = mongoose.createConnection()
  beforeAll(async () => {
    await connection.openUri(await uri(), { monitorCommands: true, serverSelectionTimeoutMS: 2_000 })
    connection.getClient().on('commandStarted', ({ commandName, command }) => {
      if (!uninteresting.has(commandName))
        commands.push({ name: commandName, on: String(command[commandName]), command })
    })
    await connection.dropDatabase()
  })
  afterAll(() => connection.close())
  return {
    connection,
    commands,
    forget: () => void commands.splice(0),
    async users({ definition, schema, ...options } = {}) {
      const model = makeModel(connection, schema ?? new Schema(definition ?? defaultDefinition), options)
      await model.init().catch(() => {})
      return model
    },
  }
}

function makeModel(connection: Connection, schema: Schema, options: ClerkSyncPluginOptions) {
  const name = `User${++made}`
  schema.plugin(clerkSyncPlugin, { collections: { tombstones: `tombstones_${made}` }, ...options })
  return clerkModel(name, schema, connection)
}

/** The store of a model, as `createClerkSync` opens it. */
export const storeOf = (users: TestModel): Required<ClerkStore> => resolveStore(users) as Required<ClerkStore>

/** The run's server, with a database name. */
export function uriOf(database: string): string {
  const url = new URL(inject('mongoUri'))
  url.pathname = `/${database}`
  return url.href
}
