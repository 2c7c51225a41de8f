import { createClerkSync } from 'clerk-mongo-sync'
import { createClerkSyncMonitor } from 'clerk-mongo-sync/monitor'
import { createMemoryStore, fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it, vi } from 'vitest'
import { HOUR, useWatchedApp } from './setup'

const app = useWatchedApp('alerts')

/** Makes the rule `conflicts` find a problem, or none. */
async function conflict(): Promise<() => Promise<unknown>> {
  const user = fixtures.user({ email: 'held@example.com' })
  const local = await app.users.create({ email: 'held@example.com' })
  await app.clerkSync.sync(fixtures.userCreated(user), { messageId: 'msg_conflict' })
  return async () => {
    await app.users.deleteOne({ _id: local._id })
    await app.clerkSync.sync(fixtures.userCreated(user), { messageId: 'msg_conflict' })
  }
}

const quiet = { endpoint: false, silence: false } as const

describe('an alert', () => {
  it('fires once, and again only after it has recovered', async () => {
    const monitor = app.monitor({ rules: quiet })
    for (const round of [1, 2]) {
      const resolve = await conflict()
      for (const _ of [1, 2, 3]) await monitor.check()
      expect(app.sent).toHaveLength(2 * round - 1)
      await resolve()
      for (const _ of [1, 2, 3]) await monitor.check()
      expect(app.sent).toHaveLength(2 * round)
      await app.users.deleteMany({})
      await app.database.connection.collection('clerk_tombstones').deleteMany({})
    }
    expect(app.sent.slice(0, 2)).toEqual(['conflicts firing', 'conflicts recovered'])
    expect(app.alerts[0]).toEqual({
      rule: 'conflicts',
      state: 'firing',
      since: expect.any(Date),
      message: '1 message is in conflict with stored data.',
      remedy: expect.stringContaining('clerk-mongo-sync status'),
      docs: 'https://unpkg.com/clerk-mongo-sync/docs/guides/alerts.md#conflicts',
    })
  })

  it('is not repeated by a monitor that starts again, which knows what fires', async () => {
    const resolve = await conflict()
    await app.monitor({ rules: quiet }).check()
    const { firing, alerts } = await app.monitor({ rules: quiet }).check()
    expect(firing.map(({ rule }) => rule)).toEqual(['conflicts'])
    expect(alerts).toEqual([])
    await resolve()
    await app.monitor({ rules: quiet }).check()
    expect(app.sent).toEqual(['conflicts firing', 'conflicts recovered'])
  })

  it('comes once from two monitors, also if they check at the same time', async () => {
    const resolve = await conflict()
    const monitors = [app.monitor({ rules: quiet }), app.monitor({ rules: quiet })]
    for (const _ of [1, 2, 3, 4, 5]) await Promise.all(monitors.map((monitor) => monitor.check()))
    expect(app.sent).toEqual(['conflicts firing'])
    await resolve()
    for (const _ of [1, 2, 3, 4, 5]) await Promise.all(monitors.map((monitor) => monitor.check()))
    expect(app.sent).toEqual(['conflicts firing', 'conflicts recovered'])
  })

  it('is sent again in the next round if onAlert throws, in the order of what happened', async () => {
    const resolve = await conflict()
    let isBroken = true
    const received: string[] = []
    const error = vi.fn()
    const logger = { debug() {}, info() {}, warn() {}, error }
    const onAlert = ({ rule, state }: { rule: string; state: string }) => {
      if (isBroken) throw new Error('no network for ada@example.com')
      received.push(`${rule} ${state}`)
    }
    const monitor = () => createClerkSyncMonitor(app.another({ logger }), { rules: quiet, onAlert })
    const { unsent } = await monitor().check()
    expect(unsent).toHaveLength(1)
    expect(error).toHaveBeenCalledWith(
      { rule: 'conflicts', state: 'firing', reason: 'Error' },
      'onAlert failed; the alert is sent again in the next round',
    )
    await resolve()
    await monitor().check()
    isBroken = false
    expect((await monitor().check()).unsent).toEqual([])
    expect(received).toEqual(['conflicts firing', 'conflicts recovered'])
    await monitor().check()
    expect(received).toHaveLength(2)
  })

  it('goes to the logger of createClerkSync by default', async () => {
    await conflict()
    const error = vi.fn()
    const logger = { debug() {}, info() {}, warn() {}, error }
    await createClerkSyncMonitor(app.another({ logger }), { rules: quiet }).check()
    expect(error).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ rule: 'conflicts', state: 'firing', docs: expect.stringContaining('alerts.md') }),
      'alert conflicts: 1 message is in conflict with stored data.',
    )
  })
})

describe('the rules', () => {
  it('failureRate fires for a share and a number of failures, not for one of three, and needs successes to recover', async () => {
    let isFailing = true
    const clerkSync = app.another({
      on: {
        'user.created': () => {
          if (isFailing) throw new Error('not now')
        },
      },
    })
    const deliver = (n: number) =>
      clerkSync.sync(fixtures.userCreated(), { messageId: `msg_rate_${n}` }).catch(() => {})
    const monitor = app.monitor({ rules: quiet })
    await deliver(1)
    isFailing = false
    await deliver(2)
    await deliver(3)
    await monitor.check()
    expect(app.sent).toEqual([])
    isFailing = true
    for (const n of [4, 5, 6, 7]) await deliver(n)
    await monitor.check()
    expect(app.alerts.map(({ message }) => message)).toEqual([
      '5 deliveries of 7 failed in the last hour (71%), most of them with hook_failed.',
    ])
    app.pass(3 * HOUR)
    await monitor.check()
    expect(app.sent).toEqual(['failureRate firing'])
    isFailing = false
    await deliver(8)
    await monitor.check()
    expect(app.sent).toEqual(['failureRate firing', 'failureRate recovered'])
  })

  it('drift fires for what the last reconcile left, and for one that is too old', async () => {
    app.clerk.deliverTo(undefined)
    app.clerk.seed(3)
    await app.clerkSync.reconcile()
    await app.monitor({ rules: { ...quiet, drift: { max: 3 } } }).check()
    expect(app.sent).toEqual([])
    const monitor = app.monitor({ rules: { ...quiet, drift: { max: 2, maxAgeMs: 24 * HOUR } } })
    await monitor.check()
    expect(app.alerts[0]?.message).toMatch(/^The last reconcile was \d+ seconds? ago and found 3 differences\.$/)
    await app.clerkSync.reconcile({ apply: true })
    await monitor.check()
    app.pass(72 * HOUR)
    await monitor.check()
    expect(app.sent).toEqual(['drift firing', 'drift recovered', 'drift firing'])
    expect(app.alerts[2]?.message).toBe('The last reconcile was 3 days ago and left 0 differences.')
  })

  it('silence does not fire while Clerk has changed no user that is not stored, nor for a change of a moment ago', async () => {
    const monitor = app.monitor()
    app.clerk.users.create({ first_name: 'arrives' })
    await app.clerk.settle()
    await monitor.check()
    app.clerk.deliverTo(undefined)
    app.pass(72 * HOUR)
    const { findings } = await monitor.check()
    expect(findings).toContainEqual({
      rule: 'silence',
      verdict: 'ok',
      message: 'No delivery has arrived for 3 days, and Clerk has changed no user that is not stored.',
    })
    app.clerk.users.create({ first_name: 'on its way' })
    await monitor.check()
    expect(app.sent).toEqual([])
    app.pass(HOUR)
    await monitor.check()
    expect(app.sent).toEqual(['silence firing'])
  })

  it('a test delivery is no delivery of Clerk: it neither ends a silence nor appears in the log or the metrics', async () => {
    const before = app.clerkSync.counters()
    await app.monitor({ url: app.server.url }).check()
    expect(app.clerkSync.counters()).toEqual(before)
    expect((await app.clerkSync.status()).deliveries).toMatchObject({ lastAt: undefined, lastHour: { total: 0 } })
    for await (const entry of app.clerkSync.deliveries()) expect.fail(entry.type)
  })

  it('false switches a rule off, and what it left does not fire', async () => {
    await conflict()
    await app.monitor({ rules: quiet }).check()
    const { firing, findings } = await app.monitor({ rules: { ...quiet, conflicts: false } }).check()
    expect(firing).toEqual([])
    expect(findings.map(({ rule }) => rule).sort()).toEqual(['database', 'drift', 'failureRate', 'pushes'])
    expect(app.sent).toEqual(['conflicts firing'])
  })

  it('says once in the log which rule cannot decide because a setting is missing', async () => {
    const warn = vi.fn()
    const logger = { debug() {}, info() {}, warn, error() {} }
    const clerkSync = createClerkSync({ users: app.users, logger })
    const monitor = createClerkSyncMonitor(clerkSync, { url: app.server.url })
    await monitor.check()
    await monitor.check()
    expect(warn.mock.calls.map(([, message]) => message)).toEqual([
      'the rule silence of the monitor cannot decide: There is no delivery log. createClerkSync({ deliveries: true }) enables it.',
      'the rule failureRate of the monitor cannot decide: There is no delivery log. createClerkSync({ deliveries: true }) enables it.',
      'the rule endpoint of the monitor cannot decide: The test delivery could not be signed (secret_missing).',
    ])
  })
})

describe('createClerkSyncMonitor', () => {
  it('refuses what it cannot work with', () => {
    expect(() => createClerkSyncMonitor({ status: () => app.clerkSync.status() })).toThrow(
      /that createClerkSync of this version/,
    )
    const withoutJobs = createClerkSync({ users: createMemoryStore(), logger: false })
    expect(() => createClerkSyncMonitor(withoutJobs)).toThrow(/has no jobs\(\)/)
    expect(() => app.monitor({ url: 'localhost:3000' })).toThrow(/url is not an address/)
    expect(() => app.monitor({ rules: { failureRate: { share: -1 } } })).toThrow(/failureRate\.share is -1/)
  })

  it('runs rounds until stop(), and goes on after a failed one', async () => {
    const monitor = app.monitor({ rules: quiet })
    let rounds = 0
    monitor.start({
      intervalMs: 1,
      onRound: () => {
        rounds += 1
        throw new Error('the app')
      },
    })
    expect(() => monitor.start()).toThrow(/runs already/)
    await vi.waitFor(() => expect(rounds).toBeGreaterThan(1), 5_000)
    await monitor.stop()
    const before = rounds
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(rounds).toBe(before)
  })

  it('keeps the secrets of createClerkSync out of what is printed', async () => {
    const { inspect } = await import('node:util')
    expect(inspect(app.clerkSync, { depth: 9, showHidden: true })).not.toContain(app.clerk.secretKey)
  })
})
