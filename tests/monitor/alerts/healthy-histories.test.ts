import { expect, it } from 'vitest'
import { judgeByStatus } from '../../../src/monitor/alerts/judge-by-status'
import { judgeSilence, WEEK_MS } from '../../../src/monitor/alerts/judge-silence'
import { resolveRules } from '../../../src/monitor/alerts/monitor-rules'
import { nextState, readState } from '../../../src/monitor/alerts/monitor-state'
import { periodSince } from '../../../src/monitor/delivery-period'
import type { SyncStatus } from '../../../src/monitor/status'
import type { DeliveryTally } from '../../../src/store/delivery-tally'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const SLOT = 10 * MINUTE
const HISTORIES = 200
const WEEKS = 3
const START = Date.UTC(2026, 0, 5)

/** Random numbers that are the same in each run. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A delivery: when Clerk changed the user, when an attempt arrived, and whether it succeeded. */
interface Attempt {
  changedAt: number
  at: number
  isFailure: boolean
}

/**
 * What a healthy instance receives: a rate of its own, quiet nights and weekends or none, a holiday, bursts, delays of
 * seconds, and now and then an attempt that fails and succeeds when Svix repeats it.
 */
function healthyHistory(random: () => number): Attempt[] {
  // From two deliveries a week to five hundred a day.
  const perDay = 0.3 * 1_700 ** random()
  const night = random() < 0.7 ? random() * 0.05 : 1
  const weekend = random() < 0.5 ? random() * 0.1 : 1
  const holiday = random() < 0.3 ? Math.floor(7 + random() * 14) : -1
  const failing = random() < 0.5 ? random() * 0.02 : 0
  const attempts: Attempt[] = []
  const changed = (changedAt: number) => {
    let at = changedAt + 500 + random() * 4_000
    for (const wait of [5_000, 300_000, 1_800_000]) {
      const isFailure = random() < failing
      attempts.push({ changedAt, at, isFailure })
      if (!isFailure) return
      at += wait
    }
    attempts.push({ changedAt, at, isFailure: false })
  }
  for (let at = START; at < START + WEEKS * WEEK_MS; ) {
    at += -Math.log(1 - random()) * (DAY / perDay)
    const day = Math.floor((at - START) / DAY)
    const hour = ((at - START) % DAY) / HOUR
    const activity = (hour < 8 || hour > 20 ? night : 1) * (day % 7 > 4 ? weekend : 1) * (day === holiday ? 0 : 1)
    if (random() > activity) continue
    const burst = random() < 0.01 ? 1 + Math.floor(random() * 300) : 1
    for (let n = 0; n < burst; n += 1) changed(at + n * 200)
  }
  return attempts.sort((one, other) => one.at - other.at)
}

/** Counts attempts as the delivery log does. */
function tallied(attempts: readonly Attempt[]): DeliveryTally[] {
  const tallies = new Map<number, DeliveryTally>()
  for (const { at, isFailure } of attempts) {
    const slot = Math.floor(at / SLOT) * SLOT
    const tally = tallies.get(slot) ?? {
      at: new Date(slot),
      byOutcome: {},
      errors: {},
      latency: [],
      lastAt: new Date(at),
    }
    const outcome = isFailure ? 'failing' : 'updated'
    tally.byOutcome[outcome] = (tally.byOutcome[outcome] ?? 0) + 1
    tally.lastAt = new Date(at)
    tallies.set(slot, tally)
  }
  return [...tallies.values()]
}

const rules = resolveRules({})
const limits = rules.silence || expect.fail('silence is on by default')

/** Whether Clerk has a change that is old enough to count and has not been delivered. */
const isMissedAt = (coming: readonly Attempt[], since: number, time: number): boolean =>
  coming.some(({ changedAt, at }) => changedAt > since && changedAt <= time - SLOT && at > time)

/** Checks a history every ten minutes, with a Clerk that answers and with one that is away. */
function watch(attempts: readonly Attempt[]) {
  const tallies = tallied(attempts)
  const states = { answers: readState(undefined, new Date(START)), 'is away': readState(undefined, new Date(START)) }
  const sent: string[] = []
  let asked = 0
  let [arrived, counted, first] = [0, 0, 0]
  for (let time = START; time < START + WEEKS * WEEK_MS; time += SLOT) {
    const now = new Date(time)
    while ((attempts[arrived]?.at ?? time) < time) arrived += 1
    // Rounds are at full ten minutes: a tally is complete, or has not begun.
    while ((tallies[counted]?.at.getTime() ?? time) < time) counted += 1
    const lastAt = tallies[counted - 1]?.lastAt
    while ((tallies[first]?.at.getTime() ?? time) < (lastAt?.getTime() ?? 0) - WEEK_MS) first += 1
    const week = tallies.slice(first, counted)
    const silence = judgeSilence({ lastAt, watchingSince: new Date(START), tallies: week }, now, limits)
    const coming = attempts.slice(arrived, arrived + 500)
    const isMissed = silence.isUnusual && isMissedAt(coming, silence.since.getTime(), time)
    if (silence.isUnusual) asked += 1
    const lastHour = periodSince(week.slice(-8), new Date(time - HOUR))
    const status = { deliveries: { lastHour, conflicts: 0 } } as unknown as SyncStatus
    const others = judgeByStatus({ status, rules, watchingSince: new Date(START), now })
    for (const [clerk, isSilent] of [
      ['answers', isMissed],
      ['is away', silence.isCertain],
    ] as const) {
      const verdict = isSilent ? 'problem' : 'ok'
      const finding = { rule: 'silence', verdict, message: `${silence.milliseconds} ms`, remedy: '' } as const
      const round = nextState(states[clerk], { findings: [finding, ...others], off: [], now })
      states[clerk] = { ...round.state, unsent: [] }
      for (const { rule, message } of round.alerts)
        sent.push(`${rule}, Clerk ${clerk}, ${now.toISOString()}: ${message}`)
    }
  }
  return { sent, asked }
}

it(`${HISTORIES} healthy histories raise no alert, whether Clerk answers or not`, { timeout: 120_000 }, () => {
  const alerts: string[] = []
  let [deliveries, asked] = [0, 0]
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const attempts = healthyHistory(randomFrom(seed))
    const found = watch(attempts)
    deliveries += attempts.length
    asked += found.asked
    alerts.push(...found.sent.map((alert) => `history ${seed}: ${alert}`))
  }
  const rounds = (HISTORIES * WEEKS * WEEK_MS) / SLOT
  console.log(
    `${HISTORIES} histories of ${WEEKS} weeks: ${deliveries.toLocaleString('en')} deliveries, ${rounds.toLocaleString('en')} rounds, Clerk asked in ${((100 * asked) / rounds).toFixed(1)}%`,
  )
  expect(alerts).toEqual([])
})

it('each of them raises an alert if its endpoint dies at noon of the third Monday', () => {
  const delays: number[] = []
  const missed: number[] = []
  for (let seed = 1; seed <= HISTORIES; seed += 1) {
    const attempts = healthyHistory(randomFrom(seed))
    const death = START + 2 * WEEK_MS + 12 * HOUR
    const before = attempts.filter(({ at }) => at <= death)
    const after = attempts.filter(({ at }) => at > death)
    const last = before.at(-1)
    if (!last || after.length === 0) continue
    const tallies = tallied(before.filter(({ at }) => at > last.at - WEEK_MS))
    const lastAt = new Date(last.at)
    for (let time = death; ; time += SLOT) {
      const silence = judgeSilence({ lastAt, watchingSince: new Date(START), tallies }, new Date(time), limits)
      const isMissed = after.some(({ changedAt }) => changedAt <= time - SLOT)
      if (!silence.isUnusual || !isMissed) {
        if (time > START + WEEKS * WEEK_MS) {
          missed.push(seed)
          break
        }
        continue
      }
      delays.push(time - (after[0]?.changedAt ?? death))
      break
    }
  }
  delays.sort((one, other) => one - other)
  const hours = (share: number) => ((delays[Math.floor(delays.length * share)] ?? 0) / HOUR).toFixed(1)
  console.log(
    `silence detected in ${delays.length} of ${delays.length + missed.length} histories, hours after the first missed change: median ${hours(0.5)}, p90 ${hours(0.9)}, longest ${hours(0.999)}`,
  )
  expect(delays.length).toBeGreaterThan(HISTORIES * 0.9)
})
