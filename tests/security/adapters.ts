import { createServer, type ServerOptions } from 'node:http'
import { connect } from 'node:net'
import { type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import { toExpressHandler } from 'clerk-mongo-sync/express'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createMemoryStore, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import express from 'express'
import { afterAll, beforeAll } from 'vitest'

export const signingSecret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'

export const adapters = {
  toNodeHandler,
  toExpressHandler: (subject: Parameters<typeof toNodeHandler>[0]) => express().post('/', toExpressHandler(subject)),
}
export type AdapterName = keyof typeof adapters
export const adapterNames = Object.keys(adapters) as AdapterName[]

export interface OpenAdapter {
  port: number
  /** Ids of the users that were stored. */
  stored(): string[]
}

/** An adapter on a real socket with a memory store, for the tests of the calling suite. */
export function openAdapter(
  name: AdapterName,
  options: Partial<ClerkSyncOptions> = {},
  server: ServerOptions = {},
): OpenAdapter {
  const store = createMemoryStore()
  const subject = createClerkSync({ users: store, signingSecret, logger: false, ...options })
  const listener = createServer(server, adapters[name](subject))
  const adapter = { port: 0, stored: () => [...store.users.keys()] }
  beforeAll(async () => {
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const address = listener.address()
    adapter.port = typeof address === 'object' && address ? address.port : 0
  })
  afterAll(async () => {
    listener.closeAllConnections()
    await new Promise((resolve) => listener.close(resolve))
  })
  return adapter
}

export function genuine(id?: string, messageId?: string) {
  const event = fixtures.userCreated(fixtures.user(id ? { id } : {}))
  const { headers, body } = signClerkWebhook(event, { signingSecret, ...(messageId && { messageId }) })
  return { id: event.data.id, headers, body }
}

/** Sends a genuine delivery on a new connection. */
export async function deliverHonestly({
  port,
}: {
  port: number
}): Promise<{ status: number; body: string; ms: number }> {
  const { headers, body } = genuine()
  const started = performance.now()
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })
  return { status: answer.status, body: await answer.text(), ms: performance.now() - started }
}

/** Sends exactly these bytes. Resolves to the whole response when the server closes; to `hung` if it does not. */
export function exchange(port: number, bytes: string | Uint8Array, patienceMs = 5_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    const timer = setTimeout(() => {
      received += ' hung'
      socket.destroy()
    }, patienceMs)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(received)
    })
    socket.end(bytes)
  })
}

/** The statuses of the received responses. */
export const statusesIn = (received: string): number[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

export function requestText(headers: readonly (readonly [string, string])[], body = '', start = 'POST / HTTP/1.1') {
  const lines = [['Host', 'localhost'], ...headers].map(([name, value]) => `${name}: ${value}\r\n`)
  return `${start}\r\n${lines.join('')}\r\n${body}`
}
