import { buffer } from 'node:stream/consumers'
import { type Served, serve } from './serve'

type FetchHandler = (request: Request) => Promise<Response>

/** An HTTP server that calls functions, by path, with Fetch requests whose body has arrived, as hosts of functions do. */
export function serveFunctions(functions: Record<string, FetchHandler>, port?: number): Promise<Served> {
  return serve(async (incoming, outgoing) => {
    const { method = 'GET', url = '/' } = incoming
    const headers = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) =>
      values.map((value): [string, string] => [name, value]),
    )
    const received = await buffer(incoming).catch(() => undefined)
    if (!received) return
    const body = method === 'GET' || method === 'HEAD' ? {} : { body: received }
    const request = new Request(`http://localhost${url}`, { method, headers, ...body })
    const response = await functions[url]?.(request)
    outgoing.writeHead(response?.status ?? 404, Object.fromEntries(response?.headers ?? []))
    outgoing.end(await response?.text())
  }, port)
}
