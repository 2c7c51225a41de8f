import Router from '@koa/router'
import { toLambdaHandler } from 'clerk-mongo-sync/aws-lambda'
import { toExpressHandler } from 'clerk-mongo-sync/express'
import { toFastifyPlugin } from 'clerk-mongo-sync/fastify'
import { toH3Handler } from 'clerk-mongo-sync/h3'
import { toKoaMiddleware } from 'clerk-mongo-sync/koa'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import express from 'express'
import { fastify } from 'fastify'
import * as h3v1 from 'h3-v1'
import Koa from 'koa'
import { afterEach, expect, test } from 'vitest'
import { fronts, serveFunctions } from '../support/lambda-front'
import { serve } from '../support/serve'

/** A handler with pages, forms and cookies. */
const echo = {
  async handler(request: Request): Promise<Response> {
    const { pathname, search, host } = new URL(request.url)
    const body = await request.text()
    const told = { method: request.method, pathname, search, host, body, cookie: request.headers.get('cookie') }
    return Response.json(told, { headers: { 'set-cookie': 'a=1; HttpOnly' } })
  },
}

type Opened = { url: string; close(): Promise<unknown> }
const opened: Opened[] = []
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close()
})

const servers: Record<string, () => Promise<Opened>> = {
  'Node alone': () => serve(toNodeHandler(echo)),
  'Express, mounted with app.use': () => serve(express().use('/admin', toExpressHandler(echo))),
  async Fastify() {
    const app = fastify()
    app.register(toFastifyPlugin(echo), { prefix: '/admin/clerk' })
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() }
  },
  Koa() {
    const router = new Router().all('/admin/clerk', toKoaMiddleware(echo))
    return serve(new Koa().use(router.routes()).callback())
  },
  'h3 1'() {
    const router = h3v1.createRouter().use('/admin/clerk', h3v1.defineEventHandler(toH3Handler(echo)))
    return serve(h3v1.toNodeListener(h3v1.createApp().use(router)))
  },
}
for (const [title, front] of Object.entries(fronts)) {
  const handler = toLambdaHandler(echo)
  servers[`AWS Lambda behind ${title}`] = () => serveFunctions(front as never, { '/admin/clerk': handler as never })
}

test.each(Object.entries(servers))(
  '%s hands path, query, cookies and body to a handler of the app',
  async (_, open) => {
    const server = await open()
    opened.push(server)
    const url = `${server.url}/admin/clerk?id=user_1&q=a%26b%20c`
    const headers = { cookie: 'session=1; other=2', 'content-type': 'application/x-www-form-urlencoded' }
    const response = await fetch(url, { method: 'POST', headers, body: 'a=1' })
    expect(response.headers.get('set-cookie')).toBe('a=1; HttpOnly')
    const { search, ...told } = (await response.json()) as Record<string, string>
    const { host } = new URL(server.url)
    expect(told).toEqual({ method: 'POST', pathname: '/admin/clerk', host, body: 'a=1', cookie: headers.cookie })
    expect(Object.fromEntries(new URLSearchParams(search))).toEqual({ id: 'user_1', q: 'a&b c' })
  },
)

test('a request without a usable Host still has a URL', async () => {
  const { answer } = await import('../../src/adapters/_node')
  const server = await serve((request, response) => {
    request.headers.host = 'not a host'
    void answer(echo, request, response, '')
  })
  opened.push(server)
  expect(await (await fetch(`${server.url}/admin?x=1`)).json()).toMatchObject({ host: 'localhost', search: '?x=1' })
})
