// Sends deliveries by HTTP from a process of its own, so that the handler's process pays only for handling them.

import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { answerParent } from '../shared/answer-parent'
import { type Cost, drive } from '../shared/drive'
import { type Delivery, statusOf } from './deliveries'

export interface Load {
  port: number
  deliveries: readonly Delivery[]
  inFlight: number
  /** The outcome in each answer is compared. */
  hasOutcomes: boolean
}

/** What the client measured. */
export type Timing = Omit<Cost, 'cpu'>

let load: Load | undefined

// The first message brings the deliveries, the next one has them sent.
answerParent<Load | Record<string, never>>(async (message) => {
  if ('deliveries' in message) {
    load = message as Load
    return {}
  }
  if (!load) throw new Error('There is nothing to send.')
  const { port, deliveries, inFlight, hasOutcomes } = load
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight })
  const { cpu: _, ...timing } = await drive(deliveries, inFlight, (one) => send(agent, port, one, hasOutcomes))
  agent.destroy()
  return timing
})

async function send(agent: Agent, port: number, delivery: Delivery, hasOutcomes: boolean) {
  const { headers, body, kind } = delivery
  const sent = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/', headers })
  sent.end(body)
  const [response] = await once(sent, 'response')
  const answer = await text(response)
  const status = statusOf(delivery)
  const isAsSaid = !hasOutcomes || status !== 200 || answer === JSON.stringify({ outcome: kind })
  const isRight = response.statusCode === status && isAsSaid
  if (!isRight) throw new Error(`A delivery that is ${kind} was answered with ${response.statusCode} ${answer}.`)
}
