import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signClerkWebhook } from 'clerk-mongo-sync/testing'
import { bundle } from './bundle'
import { databaseUri } from './database'
import { edited } from './edited'
import { count } from './figures'
import { connectionOptions, type Fleet, type FleetOptions, signingSecret } from './fleet'
import type { HookRun } from './hook'
import { moreTogether } from './import-library'
import type { HandlerOrders } from './serve-handlers'
import type { Attempt } from './svix'
import { layWire } from './wire'

/**
 * Handlers in their own processes, over HTTP, restarted when they are killed.
 * @param entry A file that calls `serveHandlers`, as for `bundle`.
 */
export async function startProcesses<Setting>(
  entry: string,
  { port, clerkApiUrl, timeoutMs, size }: FleetOptions,
): Promise<Fleet<Setting>> {
  const script = await bundle(entry, [edited(moreTogether)])
  const journal = join(tmpdir(), `clerk-chaos-${process.pid}.journal`)
  await writeFile(journal, '')
  const wires = await Promise.all(Array.from({ length: size }, () => layWire(port)))
  const orders = { connection: connectionOptions(timeoutMs), signingSecret, clerkApiUrl, timeoutMs, journal }
  const handlers = await Promise.all(
    wires.map((wire) => keepAlive(script, { ...orders, databaseUri: databaseUri(wire.port) })),
  )
  const kills: Record<string, number> = {}
  let setting: Setting | undefined
  let seen = 0
  const entries = async (): Promise<object[]> =>
    (await readFile(journal, 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as object)
  return {
    wires,
    kills,
    async prepare(next) {
      setting = next
      await writeFile(journal, '')
      seen = 0
    },
    async send(nth, message, attempt) {
      const { headers, body } = signClerkWebhook(message.event, { signingSecret, messageId: message.id })
      const url = handlers.map((_, index) => handlers[(nth + index) % size]?.url()).find(Boolean)
      if (!url) throw new Error('no handler is up')
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, ...chaosHeaders(attempt, JSON.stringify({ setting, endpoint: message.endpoint })) },
        body,
      })
      return { status: response.status, ...((await response.json()) as { outcome?: string }) }
    },
    async hookRuns() {
      const all = await entries()
      const killed = all.filter((entry): entry is { killed: string } => 'killed' in entry)
      for (const { killed: point } of killed.slice(seen)) count(kills, point)
      seen = killed.length
      return all.filter((entry) => 'part' in entry) as HookRun[]
    },
    async close() {
      for (const handler of handlers) await handler.stop()
      for (const wire of wires) await wire.close()
      await rm(journal, { force: true })
      await rm(script, { force: true })
    },
  }
}

const chaosHeaders = ({ id, behavior, kill }: Attempt, setting: string): Record<string, string> => ({
  'x-chaos-setting': setting,
  'x-chaos-attempt': String(id),
  'x-chaos-behavior': behavior,
  ...(kill && { 'x-chaos-kill': kill }),
})

interface Handler {
  /** The URL of the handler; `undefined` while it is not running. */
  url(): string | undefined
  stop(): Promise<void>
}

async function keepAlive(script: string, orders: HandlerOrders): Promise<Handler> {
  let child: ChildProcess
  let url: string | undefined
  let isWanted = true
  const start = async () => {
    // Stopped before the restart.
    if (!isWanted) return
    child = fork(script, [JSON.stringify(orders)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const started = child
    child.once('exit', (code) => {
      url = undefined
      // The database may be unreachable at the start: restarts like a supervisor.
      if (code) setTimeout(start, 100)
      else void start()
    })
    const [port] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown]
    if (started === child && typeof port === 'number' && child.exitCode === null) url = `http://127.0.0.1:${port}/`
  }
  await start()
  return {
    url: () => url,
    async stop() {
      isWanted = false
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
