import type { DeliveryPeriod, SyncStatus } from 'clerk-mongo-sync'
import { describe, expect, it } from 'vitest'
import { judgeStatus } from '../../src/monitor/judge-status'

const empty: DeliveryPeriod = { byOutcome: {}, total: 0, successRate: undefined, errors: {}, latency: undefined }
const well: SyncStatus = {
  users: { local: 0, active: 1_204, pending: 0, error: 0, deleted: 3 },
  tombstones: 3,
  jobs: [],
  missingIndexes: [],
  deliveries: {
    lastHour: empty,
    lastDay: { ...empty, total: 1 },
    lastWeek: empty,
    slots: [],
    lastAt: undefined,
    failing: 0,
    conflicts: 0,
    oldestFailing: undefined,
    failed: [],
  },
}
const deliveries = well.deliveries as NonNullable<SyncStatus['deliveries']>
const now = new Date('2026-11-29T12:00:00Z')
const judge = (changes: Partial<SyncStatus>) => judgeStatus({ ...well, ...changes }, now)

describe('the sentence about a status', () => {
  it('says that all is well', () => {
    const sentence = '1,204 users in step with Clerk. 1 delivery in the last day, none failing.'
    expect(judge({})).toEqual({ verdict: 'ok', sentence, reasons: [] })
  })

  it('begins with what is most urgent', () => {
    const found = judge({
      deliveries: { ...deliveries, failing: 2, conflicts: 1 },
      users: { ...well.users, error: 1 },
    })
    expect(found).toEqual({
      verdict: 'problem',
      sentence: 'Needs attention: 2 messages are failing and 2 more.',
      reasons: ['2 messages are failing', '1 user in error', '1 message in conflict'],
    })
  })

  it.each([
    [{ pending: 3, retrying: 0, failed: 0, oldestDueAt: new Date('2026-11-29T11:50:00Z') }, 'ok'],
    [{ pending: 3, retrying: 0, failed: 0, oldestDueAt: new Date('2026-11-29T11:00:00Z') }, 'problem'],
    [{ pending: 0, retrying: 0, failed: 1, oldestDueAt: undefined }, 'warning'],
  ])('judges pushes by how long they are due: %o', (pushes, verdict) => {
    expect(judge({ pushes }).verdict).toBe(verdict)
  })

  it('warns of drift and missing indexes', () => {
    expect(judge({ missingIndexes: ['users.clerk_status'] }).sentence).toBe('Worth a look: 1 index missing.')
  })
})
