import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Program, startProgram } from '../shared/built'
import { type Cost, cpuPer, drive } from '../shared/drive'
import { type Delivery, statusOf } from './deliveries'
import type { Load, Timing } from './load'
import type { Opened } from './open'

/** Brings deliveries to handlers, so many at a time, and measures what they cost this process. */
export interface Carrier {
  /**
   * @param isChecked Also compares the outcome, which costs time.
   * @throws {Error} for an answer with another status, or another outcome.
   */
  carry(subject: Opened, deliveries: readonly Delivery[], inFlight: number, isChecked?: boolean): Promise<Cost>
  stop(): Promise<void>
}

/** As a Fetch handler is called. */
export function fetchCarrier(): Carrier {
  return {
    async carry({ name, handler, hasOutcomes }, deliveries, inFlight, isChecked = false) {
      const items = deliveries.map((delivery) => {
        const { headers, body, kind } = delivery
        const request = new Request('http://localhost/api/webhooks', { method: 'POST', headers, body })
        return { kind, status: statusOf(delivery), request }
      })
      return drive(items, inFlight, async ({ kind, status, request }) => {
        const response = await handler.fetch(request)
        if (response.status !== status) throw new Error(`${name} answered a delivery with ${response.status}.`)
        const outcome = isChecked && hasOutcomes && status === 200 ? await response.text() : undefined
        if (outcome !== undefined && outcome !== JSON.stringify({ outcome: kind }))
          throw new Error(`${name} answered a delivery that is ${kind} with ${outcome}.`)
      })
    },
    async stop() {},
  }
}

/** Over connections to Node's server on a port. The client is a process of its own. */
export async function httpCarrier(): Promise<Carrier> {
  const client: Program = await startProgram('delivery/load')
  return {
    async carry({ handler, hasOutcomes }, deliveries, inFlight, isChecked = false) {
      const server = createServer(handler.node)
      await once(server.listen(0, '127.0.0.1'), 'listening')
      const { port } = server.address() as AddressInfo
      const load: Load = { port, deliveries, inFlight, hasOutcomes: hasOutcomes && isChecked }
      await client.ask(load)
      const cpu = cpuPer(deliveries.length)
      const timing = await client.ask<Timing>({})
      const cost = { ...timing, cpu: cpu() }
      server.closeAllConnections()
      server.close()
      return cost
    },
    stop: client.stop,
  }
}
