import type { SyncStatus } from 'clerk-mongo-sync'
import { expect, it } from 'vitest'
import { judgeByStatus } from '../../../src/monitor/alerts/judge-by-status'
import { resolveRules } from '../../../src/monitor/alerts/monitor-rules'

const now = new Date('2026-11-29T18:00:00Z')
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000)
const none = { pending: 0, retrying: 0, failed: 0, oldestDueAt: undefined }

function judge(pushes: SyncStatus['pushes'], rules = {}) {
  const documents = { local: 0, active: 0, pending: 0, error: 0, deleted: 0 }
  const status = { users: documents, tombstones: 0, jobs: [], ...(pushes && { pushes }) } as unknown as SyncStatus
  const findings = judgeByStatus({ status, rules: resolveRules(rules), watchingSince: ago(60), now })
  return findings.find(({ rule }) => rule === 'pushes')
}

it.each([
  ['nothing is pushed', undefined],
  ['all are pushed', none],
  ['the oldest is due for less than a quarter of an hour', { ...none, pending: 3, oldestDueAt: ago(14) }],
  ['all wait for the time of a retry', { ...none, pending: 2, retrying: 2 }],
])('pushes do not fire where %s', (_, pushes) => {
  expect(judge(pushes)).toMatchObject({ verdict: 'ok' })
})

it('pushes fire if the oldest is due for a quarter of an hour, since then', () => {
  expect(judge({ ...none, pending: 3, oldestDueAt: ago(15) })).toMatchObject({
    verdict: 'problem',
    since: ago(15),
    message: expect.stringMatching(/^3 pushes wait, the oldest for 15 minutes\.$/),
    remedy: expect.stringContaining('startPushWorker'),
  })
})

it('pushes fire for one that was abandoned, beside those that are stuck too, and as the thresholds say', () => {
  expect(judge({ ...none, failed: 1 })).toMatchObject({ verdict: 'problem', message: '1 push was abandoned.' })
  const both = judge({ ...none, pending: 1, failed: 2, oldestDueAt: ago(60) })
  expect(both?.message).toMatch(/^1 push waits, the oldest for .+, and 2 pushes were abandoned\.$/)
  expect(judge({ ...none, failed: 2 }, { pushes: { maxFailed: 2 } })).toMatchObject({ verdict: 'ok' })
  expect(judge({ ...none, pending: 1, oldestDueAt: ago(60) }, { pushes: { stuckMs: 7_200_000 } })?.verdict).toBe('ok')
  expect(judge({ ...none, failed: 9 }, { pushes: false })).toBeUndefined()
})
