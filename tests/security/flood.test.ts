import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { uriOf } from '../support/database'
import { deliverHonestly, signingSecret } from './adapters'

const MIB = 1024 * 1024
/** For the whole process. Before the first delivery, Node, mongoose and this app use 120. */
const MEMORY_MIB = 400
const FLOOD_MS = 5_000
/** How long Svix waits for a response. */
const LARGE_BODY_MS = 15_000

let app: ChildProcess
let port = 0

beforeAll(async () => {
  const environment = { ...process.env, DATABASE_URI: uriOf('test_security_flood'), SIGNING_SECRET: signingSecret }
  const script = fileURLToPath(new URL('./flood-server.ts', import.meta.url))
  app = fork(script, { execArgv: ['--import', 'tsx'], env: environment })
  const [told] = await once(app, 'message')
  port = told.port
  for (let warm = 0; warm < 20; warm++) await deliverHonestly({ port })
})

afterAll(() => app?.disconnect())

/** Memory in MiB: now, and the maximum since the start. */
async function memory(): Promise<{ now: number; peak: number }> {
  const told = once(app, 'message')
  app.send('memory')
  return (await told)[0]
}

/** One connection that sends forged deliveries, correctly framed, as fast as the server reads them. */
function flooder(body: Buffer, until: number): { socket: Socket; refused: () => number } {
  const socket = connect(port, '127.0.0.1')
  let refused = 0
  const send = () => {
    for (let taken = true; taken && Date.now() < until && !socket.destroyed; ) {
      const timestamp = Math.floor(Date.now() / 1000)
      const headers = `svix-id: msg_forged\r\nsvix-timestamp: ${timestamp}\r\nsvix-signature: v1,Zm9yZ2Vk\r\n`
      socket.write(`POST / HTTP/1.1\r\nhost: x\r\n${headers}content-length: ${body.length}\r\n\r\n`)
      taken = socket.write(body)
    }
  }
  socket.on('connect', send).on('drain', send)
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    refused += chunk.toString('latin1').split('HTTP/1.1 400 ').length - 1
  })
  return { socket, refused: () => refused }
}

test.each([64, 256])(
  '%i connections with forged deliveries of 1 MiB exhaust no memory and delay no genuine delivery too long',
  async (connections) => {
    const before = await memory()
    const until = Date.now() + FLOOD_MS
    const body = Buffer.alloc(MIB, 'x')
    const flood = Array.from({ length: connections }, () => flooder(body, until))
    const honest: Awaited<ReturnType<typeof deliverHonestly>>[] = []
    while (Date.now() < until) {
      // A few at the same time, as Svix sends them.
      honest.push(...(await Promise.all(Array.from({ length: 3 }, () => deliverHonestly({ port })))))
    }
    const forged = flood.reduce((sum, { refused }) => sum + refused(), 0)
    const { peak } = await memory()
    for (const { socket } of flood) socket.destroy()

    const slowest = Math.max(...honest.map(({ ms }) => ms))
    console.info(
      `${connections} connections: ${forged} forged deliveries refused, ${honest.length} genuine ones answered, the slowest in ${Math.round(slowest)} ms; memory ${Math.round(before.now)} MiB before, ${Math.round(peak)} MiB at most`,
    )
    expect(forged).toBeGreaterThan(20)
    expect(honest.length).toBeGreaterThan(0)
    expect(new Set(honest.map(({ body }) => body))).toEqual(new Set(['{"outcome":"created"}']))
    expect(slowest).toBeLessThan(LARGE_BODY_MS)
    expect(peak).toBeLessThan(MEMORY_MIB)
  },
  60_000,
)
