import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { type Served, serve } from '../../support/serve'

/** A received delivery. */
export interface Arrival {
  headers: IncomingHttpHeaders
  id: string
  type: string
  body: string
}

export interface Receiver extends Served {
  arrivals: Arrival[]
}

/** A real server for deliveries. Answers with the status that `answer` returns, or lets `answer` respond. @default 200 */
export async function receive(
  answer: (arrival: Arrival, response: ServerResponse, nth: number) => number | undefined = () => 200,
): Promise<Receiver> {
  const arrivals: Arrival[] = []
  const served = await serve((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      const arrival = {
        headers: request.headers,
        id: String(request.headers['svix-id']),
        type: JSON.parse(body).type,
        body,
      }
      arrivals.push(arrival)
      const status = answer(arrival, response, arrivals.length)
      if (status !== undefined) response.writeHead(status).end(`answered ${status}`)
    })
  })
  return { ...served, arrivals }
}
