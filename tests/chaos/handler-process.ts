// A handler in its own process, started and killed by `processes.ts`.
import { AsyncLocalStorage } from 'node:async_hooks'
import { appendFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import mongoose from 'mongoose'
import { initModels } from './fleet'
import { runHook } from './hook'
import { armKill, reach, watchCommands } from './kill-points'
import * as library from './library'
import type { HookBehavior, KillPoint } from './plot'
import { type Endpoint, makeSubject, type Setting } from './subject'

export interface HandlerOrders {
  databaseUri: string
  connection: object
  signingSecret: string
  clerkApiUrl: string
  timeoutMs: number
  /** File that records hook runs, so that they survive this process. */
  journal: string
}

const { databaseUri, connection: options, journal, ...around } = JSON.parse(process.argv[2] ?? '') as HandlerOrders
const write = (line: object) => appendFileSync(journal, `${JSON.stringify(line)}\n`)
const current = new AsyncLocalStorage<{ attempt: number; behavior: HookBehavior }>()
const connection = await mongoose.createConnection(databaseUri, { ...options, monitorCommands: true }).asPromise()
watchCommands(connection)
await initModels(library, connection)

const listeners = new Map<string, ReturnType<typeof library.toNodeHandler>>()
const server = createServer((request, response) => {
  const header = (name: string) => String(request.headers[`x-chaos-${name}`] ?? '')
  armKill(header('kill') as KillPoint | '', (point) => write({ killed: point }))
  response.once('finish', () => reach('afterAnswer'))
  current.run({ attempt: Number(header('attempt')), behavior: header('behavior') as HookBehavior }, () =>
    serve(request, response),
  )
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())

function serve(request: IncomingMessage, response: ServerResponse): void {
  const setting = String(request.headers['x-chaos-setting'])
  const listener = listeners.get(setting) ?? listen(JSON.parse(setting) as { setting: Setting; endpoint: Endpoint })
  listeners.set(setting, listener)
  const end = response.end.bind(response)
  response.end = ((...args: Parameters<typeof end>) => {
    reach('beforeAnswer')
    return end(...args)
  }) as typeof response.end
  void listener(request, response)
}

function listen(which: { setting: Setting; endpoint: Endpoint }) {
  const hook: Parameters<typeof makeSubject>[3]['hook'] = async (context) => {
    const { attempt, behavior } = current.getStore() ?? { attempt: -1, behavior: 'well' as const }
    reach('beforeHook')
    await runHook(context, behavior, (run) => write({ ...run, attempt }))
    reach('afterHook')
  }
  return library.toNodeHandler(makeSubject(library, connection, which, { ...around, hook }))
}
