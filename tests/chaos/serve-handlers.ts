import { AsyncLocalStorage } from 'node:async_hooks'
import { appendFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import mongoose from 'mongoose'
import type { TestedApp } from './fleet'
import { runHook } from './hook'
import { armKill, reach, watchCommands } from './kill-points'
import * as library from './library'
import type { HookBehavior, KillPoint } from './plot'
import type { Endpoint, Surroundings } from './subject'

export interface HandlerOrders {
  databaseUri: string
  connection: object
  signingSecret: string
  clerkApiUrl: string
  timeoutMs: number
  /** File that records hook runs, so that they survive this process. */
  journal: string
}

/** Serves the handlers of an app as a process of its own, started and killed by `processes.ts`. */
export async function serveHandlers<Setting>(app: TestedApp<Setting>): Promise<void> {
  const { databaseUri, connection: options, journal, ...around } = JSON.parse(process.argv[2] ?? '') as HandlerOrders
  const write = (line: object) => appendFileSync(journal, `${JSON.stringify(line)}\n`)
  const current = new AsyncLocalStorage<{ attempt: number; behavior: HookBehavior }>()
  const connection = await mongoose.createConnection(databaseUri, { ...options, monitorCommands: true }).asPromise()
  watchCommands(connection)
  await app.initModels(library, connection)
  const hook: Surroundings['hook'] = async (context) => {
    const { attempt, behavior } = current.getStore() ?? { attempt: -1, behavior: 'well' as const }
    reach('beforeHook')
    await runHook(context, behavior, (run) => write({ ...run, attempt }))
    reach('afterHook')
  }
  const listeners = new Map<string, Listener>()
  const listenerOf = (setting: string) => {
    const which = JSON.parse(setting) as { setting: Setting; endpoint: Endpoint }
    const listener =
      listeners.get(setting) ?? library.toNodeHandler(app.makeSubject(library, connection, which, { ...around, hook }))
    listeners.set(setting, listener)
    return listener
  }
  const server = createServer((request, response) => {
    const header = (name: string) => String(request.headers[`x-chaos-${name}`] ?? '')
    armKill(header('kill') as KillPoint | '', (point) => write({ killed: point }))
    response.once('finish', () => reach('afterAnswer'))
    current.run({ attempt: Number(header('attempt')), behavior: header('behavior') as HookBehavior }, () =>
      serve(listenerOf(header('setting')), request, response),
    )
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
  process.once('disconnect', () => process.exit())
}

type Listener = ReturnType<typeof library.toNodeHandler>

function serve(listener: Listener, request: IncomingMessage, response: ServerResponse): void {
  const end = response.end.bind(response)
  response.end = ((...args: Parameters<typeof end>) => {
    reach('beforeAnswer')
    return end(...args)
  }) as typeof response.end
  void listener(request, response)
}
