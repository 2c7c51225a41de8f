import { AsyncLocalStorage } from 'node:async_hooks'
import { signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose, { type Connection } from 'mongoose'
import type { Message } from './clerk'
import { databaseUri } from './database'
import { type HookRun, runHook } from './hook'
import type { Endpoint, LibraryExports, Surroundings } from './subject'
import type { Attempt } from './svix'
import { layWire, type Wire } from './wire'

/** The app of a kind of histories. `Setting`: how a history configures it. */
export interface TestedApp<Setting> {
  endpointsOf(setting: Setting): Endpoint[]
  /** Builds the indexes of all models. */
  initModels(library: LibraryExports, connection: Connection): Promise<void>
  makeSubject(
    library: LibraryExports,
    connection: Connection,
    which: { setting: Setting; endpoint: Endpoint },
    around: Surroundings,
  ): { handler(request: Request): Promise<Response> }
}

/** Several handlers on one database, each with its own connection. */
export interface Fleet<Setting> {
  wires: readonly Wire[]
  /** Sets the handlers up for one history. */
  prepare(setting: Setting): Promise<void>
  send(nth: number, message: Message, attempt: Attempt): Promise<{ status: number; outcome?: string }>
  /** Hooks run since `prepare`. */
  hookRuns(): Promise<HookRun[]>
  /** Number of killed handler processes by kill point. */
  kills: Readonly<Record<string, number>>
  close(): Promise<void>
}

export interface FleetOptions {
  library: LibraryExports
  port: number
  clerkApiUrl: string
  timeoutMs: number
  size: number
}

export const signingSecret = `whsec_${Buffer.from('a secret for the chaos alone').toString('base64')}`
/** A connection must detect an unreachable database within the time budget of a delivery. */
export const connectionOptions = (timeoutMs: number) => ({
  serverSelectionTimeoutMS: Math.min(5_000, timeoutMs),
  maxPoolSize: 8,
})

/** Handlers in this process: fast, and their commands interleave. */
export async function startFleet<Setting>(
  app: TestedApp<Setting>,
  { library, port, clerkApiUrl, timeoutMs, size }: FleetOptions,
): Promise<Fleet<Setting>> {
  const current = new AsyncLocalStorage<Attempt>()
  let runs: HookRun[] = []
  const hook: Surroundings['hook'] = async (context) => {
    const attempt = current.getStore()
    const mine = runs
    await runHook(context, attempt?.behavior ?? 'well', (part) => mine.push({ ...part, attempt: attempt?.id ?? -1 }))
  }
  const around = { signingSecret, clerkApiUrl, timeoutMs, hook }
  const wires = await Promise.all(Array.from({ length: size }, () => layWire(port)))
  const connections = await Promise.all(
    wires.map((wire) => mongoose.createConnection(databaseUri(wire.port), connectionOptions(timeoutMs)).asPromise()),
  )
  for (const connection of connections) await app.initModels(library, connection)
  let handlers: ((request: Request) => Promise<Response>)[][] = []
  return {
    wires,
    kills: {},
    async prepare(setting) {
      runs = []
      handlers = app
        .endpointsOf(setting)
        .map((endpoint) =>
          connections.map((connection) => app.makeSubject(library, connection, { setting, endpoint }, around).handler),
        )
    },
    async send(nth, message, attempt) {
      const { headers, body } = signClerkWebhook(message.event, { signingSecret, messageId: message.id })
      const request = new Request('http://localhost/', { method: 'POST', headers, body })
      const own = handlers[message.endpoint] ?? []
      const handler = own[nth % own.length] as (typeof own)[number]
      const response = await current.run(attempt, () => handler(request))
      return { status: response.status, ...((await response.json()) as { outcome?: string }) }
    },
    hookRuns: async () => runs,
    async close() {
      for (const part of [...connections, ...wires]) await part.close()
    },
  }
}
