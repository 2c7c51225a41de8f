import type { SyncStatus } from 'clerk-mongo-sync'
import { describe, expect, it } from 'vitest'
import { judge } from '../../src/dashboard/headline'
import { ReconcileRunner } from '../../src/dashboard/reconcile-run'
import { judgeStatus } from '../../src/monitor/judge-status'

const now = Date.parse('2026-11-29T12:00:00Z')
const ago = (seconds: number) => new Date(now - seconds * 1_000)
const period = (total: number, failing = 0) => ({
  byOutcome: { created: total - failing, failing },
  total,
  successRate: total === 0 ? undefined : (total - failing) / total,
  errors: {},
  latency: undefined,
})
const counts = { local: 0, active: 5, pending: 0, error: 0, deleted: 0 }
const quiet = {
  ...{ lastHour: period(0), lastDay: period(0), lastWeek: period(0) },
  ...{ slots: [], failing: 0, conflicts: 0, oldestFailing: undefined, failed: [], lastAt: undefined },
}
const status = (changes: Partial<SyncStatus> = {}): SyncStatus => ({
  users: counts,
  tombstones: 0,
  jobs: [],
  missingIndexes: [],
  deliveries: { ...quiet, lastDay: period(1_204, 1), lastAt: ago(12) },
  ...changes,
})
const sentence = (changes: Partial<SyncStatus> = {}) => {
  const { verdict, detail } = judge(status(changes), now)
  return `${verdict}: ${detail}`
}

describe('the sentence of the dashboard', () => {
  it('says that all is well, how much arrived, and when', () => {
    expect(sentence()).toBe('All is well: 1,204 deliveries in the last day, 99.9 % stored, the last 12 s ago.')
  })

  it('does not round a failure away', () => {
    const deliveries = { ...quiet, lastDay: period(100_000, 1), lastAt: ago(0) }
    expect(sentence({ deliveries })).toContain('99.9 % stored, the last just now')
  })

  it('calls silence quiet, and not well', () => {
    expect(sentence({ deliveries: quiet })).toBe('Quiet: no delivery has arrived yet.')
    expect(sentence({ deliveries: { ...quiet, lastAt: ago(3 * 86_400) } })).toBe(
      'Quiet: no delivery in the last day, the last 3 d ago.',
    )
  })

  it('puts failing messages before everything else', () => {
    const oldestFailing = { firstSeenAt: ago(7_200) } as never
    const deliveries = { ...quiet, lastDay: period(4, 3), lastAt: ago(9), failing: 3, conflicts: 1, oldestFailing }
    const { level, issues } = judge(status({ deliveries, users: { ...counts, error: 2 } }), now)
    expect(level).toBe('bad')
    expect(issues.map(({ text }) => text)).toEqual([
      '3 messages are failing, the oldest for 2 hours',
      '2 users in error',
      '1 message in conflict',
    ])
  })

  it('lists what is not as Clerk has it, in any resource', () => {
    const unstored = { count: 2, failures: [], causes: [] }
    const lastReconcile = { at: ago(3_600), drift: 4 } as never
    const pushes = { pending: 2, retrying: 0, failed: 1, oldestDueAt: ago(3_600) }
    const changes = {
      pushes,
      organizations: { ...counts, error: 1 },
      memberships: { ...counts, unstored },
      lastReconcile,
    }
    const { level, verdict, issues } = judge(status({ ...changes, missingIndexes: ['users.x'] }), now)
    expect({ level, verdict }).toEqual({ level: 'bad', verdict: 'Needs attention' })
    expect(issues.map(({ text }) => text)).toEqual([
      '1 organization in error',
      '2 memberships could not be stored',
      '2 pushes waiting, the oldest for 60 minutes',
      '1 push abandoned',
      '4 differences found by the reconcile 60 minutes ago',
      '1 index missing',
    ])
  })

  it('says worth a look if nothing is stored otherwise than Clerk has it', () => {
    expect(sentence({ missingIndexes: ['users.x'] })).toMatch(/^Worth a look: /)
  })

  it('grades as the command line does', () => {
    const pushes = { pending: 2, retrying: 0, failed: 0, oldestDueAt: ago(3_600) }
    for (const changes of [{}, { pushes }, { missingIndexes: ['users.x'] }, { users: { ...counts, error: 1 } }]) {
      const { level, issues } = judge(status(changes), now)
      const { verdict, reasons } = judgeStatus(status(changes), new Date(now))
      expect([level, issues.map(({ text }) => text)]).toEqual([
        { ok: 'ok', warning: 'warn', problem: 'bad' }[verdict],
        reasons,
      ])
    }
  })
})

describe('a comparison of the dashboard', () => {
  const forever = (options: { signal?: AbortSignal } = {}) =>
    new Promise<never>((_, reject) => {
      options.signal?.addEventListener('abort', () => reject(options.signal?.reason))
    })

  it('runs once, also if it is started twice, and continues after its caller has stopped waiting', async () => {
    let started = 0
    const runner = new ReconcileRunner({
      reconcile: (options) => {
        started += 1
        return forever(options)
      },
    })
    await runner.start({}, 5)
    await runner.start({}, 5)
    expect(started).toBe(1)
    expect(runner.last).toMatchObject({ isRunning: true })
    await runner.stop()
    expect(runner.last).toMatchObject({ isRunning: false, endedAt: expect.any(Date) })
  })

  it('ends with the code of its error, which the page shows', async () => {
    const runner = new ReconcileRunner({ reconcile: () => Promise.reject(new TypeError('a bug')) })
    await runner.start({}, 1_000)
    expect(runner.last).toMatchObject({ isRunning: false, errorCode: 'unexpected' })
  })
})
