import { createRequire } from 'node:module'
import { buffer } from 'node:stream/consumers'
import type { HttpHandler, InvocationContext } from '@azure/functions'
import { type Served, serve } from './serve'

// Node finds not all names of this CommonJS module.
const azure: typeof import('@azure/functions') = createRequire(import.meta.url)('@azure/functions')

/** An HTTP server that calls functions, by path, with Azure's own classes, as the host does. */
export function serveFunctions(functions: Record<string, HttpHandler>, port?: number): Promise<Served> {
  return serve(async (incoming, outgoing) => {
    const { method = 'GET', url: path = '/', headersDistinct } = incoming
    const bytes = await buffer(incoming).catch(() => undefined)
    if (!bytes) return
    const handler = functions[path.replace(/\/$/, '')]
    if (!handler) return void outgoing.writeHead(404).end()
    const headers = Object.fromEntries(Object.entries(headersDistinct).map(([name, all = []]) => [name, all.join(',')]))
    const url = `https://my-app.azurewebsites.net${path}`
    const request = new azure.HttpRequest({ method, url, headers, body: { bytes } })
    const answer = new azure.HttpResponse((await handler(request, {} as InvocationContext)) ?? {})
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  }, port)
}
