import { createServer } from 'node:http'
import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { createClerkSyncMonitor } from 'clerk-mongo-sync/monitor'
import mongoose, { Schema } from 'mongoose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startMongoProxy } from '../../support/proxy'
import { listening, type Served, serve } from '../../support/serve'
import { HOUR, MINUTE, useWatchedApp } from './setup'

const app = useWatchedApp('alerts_outside')
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** What was detected, and after which time. */
const note = (what: string, milliseconds: number, clock = '') =>
  console.log(`detected: ${what} after ${Math.round(milliseconds).toLocaleString('en')} ms${clock}`)

describe('detected from outside', () => {
  it.each([
    [
      'an unmounted route',
      (served: Served) => `${served.url}/gone`,
      404,
      { message: 'answered 404 to a signed test delivery.', remedy: /no route at this address/ },
    ],
    [
      'a redirect',
      (served: Served) => `${served.url}/moved`,
      308,
      {
        message: 'answered 308 to a signed test delivery.',
        remedy: /^A redirect to \/moved\/, which only adds the trailing slash/,
      },
    ],
    [
      'a login wall',
      (served: Served) => `${served.url}/wall`,
      307,
      { message: 'answered 307 to a signed test delivery.', remedy: /a login page\. Svix does not follow redirects/ },
    ],
    [
      'a page in place of the handler',
      (served: Served) => `${served.url}/page`,
      200,
      { message: 'answered 200 to a signed test delivery.', remedy: /^Answered 200 with a page of HTML, "Welcome"/ },
    ],
  ] as const)('%s', async (what, urlOf, status, expected) => {
    const server = await walls()
    const url = urlOf(server)
    const monitor = app.monitor({ url: `${url}?x-vercel-protection-bypass=topsecret` })
    const started = performance.now()
    const { firing } = await monitor.check()
    note(what, performance.now() - started)
    expect(app.sent).toEqual(['endpoint firing'])
    expect(app.alerts[0]?.message).toBe(`${url} ${expected.message}`)
    expect(app.alerts[0]?.remedy).toMatch(expected.remedy)
    expect(JSON.stringify(app.alerts)).not.toMatch(/topsecret|ada@example\.com|hunter2/)
    expect(firing.map(({ rule }) => rule)).toEqual(['endpoint'])
    expect(status).toBeGreaterThan(0)
  })

  it('an app that is not there, and its return', async () => {
    const { port, url } = app.server
    const monitor = app.monitor({ url })
    expect((await monitor.check()).findings).toContainEqual({
      rule: 'endpoint',
      verdict: 'ok',
      message: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/ accepted a test delivery in \d+ ms\.$/),
    })
    await app.server.close()
    const started = performance.now()
    await monitor.check()
    note('an app that is not there', performance.now() - started)
    expect(app.alerts[0]?.remedy).toMatch(/^Nothing listens at/)
    const { toNodeHandler } = await import('clerk-mongo-sync/node')
    app.server = await serve(toNodeHandler(app.clerkSync), port)
    await monitor.check()
    expect(app.sent).toEqual(['endpoint firing', 'endpoint recovered'])
  })

  it('silence, when Clerk has changed users that are not stored', async () => {
    const { clerk, pass } = app
    // The log counts in steps of ten minutes.
    pass(HOUR - (Date.now() % HOUR))
    const begin = Date.now()
    for (let hour = 0; hour < 48; hour += 1) {
      clerk.users.create({ first_name: `user ${hour}` })
      await clerk.settle()
      pass(HOUR)
    }
    const monitor = app.monitor()
    await monitor.check()
    expect(app.sent).toEqual([])
    // Svix has switched the endpoint off.
    clerk.deliverTo(undefined)
    const died = Date.now()
    while (app.sent.length === 0 && Date.now() < died + 24 * HOUR) {
      clerk.users.create({ first_name: 'missed' })
      pass(10 * MINUTE)
      await monitor.check()
    }
    note(
      'silence',
      Date.now() - died,
      ` of a simulated clock; checked every ten minutes, usual gap an hour, ${Math.round((died - begin) / HOUR)} h of history`,
    )
    expect(app.sent).toEqual(['silence firing'])
    expect(app.alerts[0]?.message).toBe(
      'No delivery has arrived for 2 hours, although 6 users at Clerk changed since then and are not stored so.',
    )
    // A repair by hand is no delivery: the endpoint is still dead.
    await app.clerkSync.reconcile({ apply: true })
    await monitor.check()
    expect(app.sent).toEqual(['silence firing'])
    clerk.deliverTo(app.server.url)
    clerk.users.create({ first_name: 'arrives' })
    await clerk.settle()
    await monitor.check()
    expect(app.sent).toEqual(['silence firing', 'silence recovered'])
  })

  it('an endpoint that Clerk never calls', async () => {
    app.clerk.deliverTo(undefined)
    const monitor = app.monitor()
    await monitor.check()
    app.clerk.users.create({ first_name: 'never delivered' })
    app.pass(2 * HOUR)
    await monitor.check()
    expect(app.alerts.map(({ message }) => message)).toEqual([
      'No delivery has ever arrived, and the monitor has watched for 2 hours, although 1 user at Clerk changed since then and is not stored so.',
    ])
  })

  it('a database that hangs, within the time that it may take', async () => {
    const { proxy, clerkSync } = await throughProxy()
    const sent: string[] = []
    const monitor = createClerkSyncMonitor(clerkSync, { onAlert: ({ rule }) => sent.push(rule), timeoutMs: 700 })
    await monitor.check()
    proxy.stall()
    const started = performance.now()
    await monitor.check()
    const took = performance.now() - started
    note('a database that hangs', took, ', timeoutMs 700')
    proxy.mend()
    expect(sent).toEqual(['database'])
    expect(took).toBeLessThan(3_000)
  })

  it('an outage of the database, without the database, and its end', async () => {
    const { proxy, clerkSync } = await throughProxy()
    const sent: string[] = []
    const onAlert = vi.fn(({ rule, state, message }) => void sent.push(`${rule} ${state}: ${message}`))
    const monitor = createClerkSyncMonitor(clerkSync, { onAlert, timeoutMs: 2_000 })
    await monitor.check()
    expect(sent).toEqual([])
    proxy.cut()
    const started = performance.now()
    const result = await monitor.check()
    note('an outage of the database', performance.now() - started)
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatch(
      /^database firing: The state of the sync could not be read \((database_failed|timed_out)\): /,
    )
    expect(result.findings.filter(({ verdict }) => verdict === 'unknown').map(({ rule }) => rule)).toEqual([
      'silence',
      'failureRate',
      'pushes',
      'conflicts',
      'drift',
    ])
    await monitor.check()
    expect(sent).toHaveLength(1)
    const switchedOff = createClerkSyncMonitor(clerkSync, { onAlert, timeoutMs: 2_000, rules: { database: false } })
    await switchedOff.check()
    expect(sent).toHaveLength(1)
    proxy.mend()
    await vi.waitFor(async () => {
      await monitor.check()
      expect(sent).toHaveLength(2)
    }, 15_000)
    expect(sent[1]).toMatch(/^database recovered: Recovered after \d+ (second|minute)s?: The database answers\.$/)
    await monitor.check()
    expect(sent).toHaveLength(2)
  })
})

/** An app whose database can be taken away. */
async function throughProxy() {
  const proxy = await startMongoProxy()
  const connection = await mongoose
    .createConnection(proxy.uri('test_alerts_outage'), { serverSelectionTimeoutMS: 500 })
    .asPromise()
  ends.push(
    () => connection.close(),
    () => proxy.close(),
  )
  await connection.dropDatabase()
  const schema = new Schema({ email: String })
  schema.plugin(clerkSyncPlugin)
  const users = clerkModel('Outage', schema, connection)
  await users.init()
  return { proxy, clerkSync: createClerkSync({ users, deliveries: true, logger: false }) }
}

/** A server with all that can stand in place of a handler. */
async function walls(): Promise<Served> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/moved') return void response.writeHead(308, { location: '/moved/' }).end()
    if (path === '/wall')
      return void response.writeHead(307, { location: '/sign-in?user=ada@example.com&token=hunter2' }).end()
    if (path === '/page')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><title>Welcome</title></html>')
    response.writeHead(404).end()
  })
  const served = await listening(server)
  ends.push(() => served.close())
  return served
}
