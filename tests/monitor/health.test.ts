import { createServer } from 'node:http'
import { createClerkSync } from 'clerk-mongo-sync'
import { toExpressHandler } from 'clerk-mongo-sync/express'
import { toHealthHandler } from 'clerk-mongo-sync/monitor'
import { toNextHandler } from 'clerk-mongo-sync/next'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../support/database'
import { serve } from '../support/serve'

const db = useDatabase('health')
const get = (method = 'GET') => new Request('http://localhost/readyz', { method })

describe('a health handler', () => {
  it('answers 200 while the database answers, and tells nothing else', async () => {
    const clerkSync = createClerkSync({ users: await db.users(), logger: false })
    const response = await toHealthHandler(clerkSync).handler(get())
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ok' })
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('answers 503 with a code if the database does not, within its time, and 200 for liveness', async () => {
    const connect = () => new Promise(() => {})
    const clerkSync = createClerkSync({ users: await db.users(), connect, logger: false })
    const started = Date.now()
    const response = await toHealthHandler(clerkSync, { timeoutMs: 100 }).handler(get())
    expect(Date.now() - started).toBeLessThan(2_000)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ status: 'unavailable', code: 'timed_out' })
    expect((await toHealthHandler(clerkSync, { probe: 'liveness' }).handler(get())).status).toBe(200)
  })

  it('costs one command a second, however often it is asked', async () => {
    let pings = 0
    const { handler } = toHealthHandler({ ping: async () => void pings++ })
    await Promise.all(Array.from({ length: 20 }, () => handler(get())))
    expect(pings).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    await handler(get())
    expect(pings).toBe(2)
  })

  it('takes GET and HEAD only', async () => {
    const { handler } = toHealthHandler({ ping: async () => {} })
    expect((await handler(get('POST'))).status).toBe(405)
    expect((await handler(get('HEAD'))).status).toBe(200)
  })

  it('is mounted by the adapters', async () => {
    const health = toHealthHandler(createClerkSync({ users: await db.users(), logger: false }))
    const app = express().get('/readyz', toExpressHandler(health))
    for (const listener of [app, createServer(toNodeHandler(health)).listeners('request')[0] as typeof app]) {
      const { url, close } = await serve(listener)
      const response = await fetch(`${url}/readyz`)
      expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
      await close()
    }
    expect((await toNextHandler(health).GET(get())).status).toBe(200)
  })
})
