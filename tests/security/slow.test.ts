import { createServer } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { RawClient } from '../support/raw-client'
import { adapterNames, deliverHonestly, genuine, openAdapter } from './adapters'

const timeoutMs = 400
const clients: RawClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.hangUp()
})

/** Connections that send `begin` and then one byte of `rest` after the other, until they are cut off. */
function dripping(port: number, begin: string, rest: string): RawClient[] {
  const made = Array.from({ length: 40 }, () => new RawClient(port))
  for (const client of made) {
    void client.write(begin).then(async () => {
      for (const byte of rest) {
        if (!(await client.write(byte))) return
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    })
  }
  clients.push(...made)
  return made
}

async function expectHonestDeliveries(port: number) {
  for (let sent = 0; sent < 5; sent++) expect(await deliverHonestly({ port })).toMatchObject({ status: 200 })
}

describe.each(adapterNames)('%s', (name) => {
  const adapter = openAdapter(name, { timeoutMs })
  const cutOff = { headersTimeout: 400, connectionsCheckingInterval: 100 }
  const strict = openAdapter(name, { timeoutMs }, cutOff)

  test('answers 503 to slow bodies within the time budget, and closes the connections', async () => {
    const { headers } = genuine()
    const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value}\r\n`)
    const begin = `POST / HTTP/1.1\r\nhost: localhost\r\n${lines.join('')}content-length: 5000\r\n\r\n{`
    const started = Date.now()
    const slow = dripping(adapter.port, begin, 'x'.repeat(4_000))
    await expectHonestDeliveries(adapter.port)
    const answers = await Promise.all(slow.map((client) => client.answer()))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]))
    expect(Date.now() - started).toBeLessThan(timeoutMs + 3_000)
    // They have two seconds to read the response.
    await Promise.all(slow.map(({ closed }) => closed))
    expect(Date.now() - started).toBeLessThan(timeoutMs + 6_000)
  })

  test('is not called for slow headers: Node closes them, and serves others meanwhile', async () => {
    const slow = dripping(strict.port, 'POST / HTTP/1.1\r\nhost: localhost\r\nsvix-id: ', 'x'.repeat(1_000))
    await expectHonestDeliveries(strict.port)
    const before = strict.stored().length
    await Promise.all(slow.map(({ closed }) => closed))
    for (const client of slow) expect(client.received).toMatch(/^$|^HTTP\/1\.1 408 /)
    expect(strict.stored()).toHaveLength(before)
  })
})

test('Node closes connections with slow headers and slow requests, unless the app disables that', () => {
  const { headersTimeout, requestTimeout } = createServer()
  expect(headersTimeout).toBeLessThanOrEqual(60_000)
  expect(requestTimeout).toBeLessThanOrEqual(300_000)
  expect(Math.min(headersTimeout, requestTimeout)).toBeGreaterThan(0)
})
