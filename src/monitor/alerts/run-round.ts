import { errorCodeOf } from '../../errors'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import { redactedMessage } from '../../store/finding'
import { withDeadline } from '../../time/deadline'
import type { SyncStatus } from '../status'
import type { RuleFinding } from './alert'
import { checkEndpoint } from './check-endpoint'
import { checkSilence } from './check-silence'
import { judgeByStatus } from './judge-by-status'
import type { ResolvedRules } from './monitor-rules'
import type { MonitorState } from './monitor-state'
import { publicText } from './words'

/** What a round looks at. */
export interface Round {
  options: ResolvedClerkSyncOptions
  status: () => Promise<SyncStatus>
  rules: ResolvedRules
  endpoint: Omit<Parameters<typeof checkEndpoint>[0], 'retryAfterMs'> | undefined
  /** What earlier rounds left. */
  known: MonitorState
  /** Why the database could not be asked before the round; `undefined` if it could. */
  failure: unknown
  now: Date
}

/** A little longer than `status()` gives itself. */
const STATUS_MS = 35_000

/** Applies all rules, the endpoint beside the database. Never rejects for a reason that a rule reports. */
export async function runRound(round: Round): Promise<RuleFinding[]> {
  const { endpoint, rules } = round
  const [stored, answered] = await Promise.all([
    findStored(round),
    endpoint && rules.endpoint ? checkEndpoint({ ...endpoint, ...rules.endpoint }) : undefined,
  ])
  return [...stored, ...(answered ? [answered] : [])]
}

async function findStored({ options, status, rules, known, failure, now }: Round): Promise<RuleFinding[]> {
  try {
    if (failure !== undefined) throw failure
    const { watchingSince } = known
    const judged = { status: await withDeadline(Date.now() + STATUS_MS, status()), rules, watchingSince, now }
    const silence = await checkSilence(options, judged, known.firing.silence?.since)
    const answers: RuleFinding = { rule: 'database', verdict: 'ok', message: 'The database answers.' }
    return [answers, ...(silence ? [silence] : []), ...judgeByStatus(judged)]
  } catch (error) {
    return [outage(error), ...unknownRules(rules)]
  }
}

function outage(error: unknown): RuleFinding {
  const code = errorCodeOf(error)
  return {
    rule: 'database',
    verdict: 'problem',
    message: publicText(`The state of the sync could not be read (${code}): ${redactedMessage(error)}`),
    remedy:
      'Check that the database runs, and that the machine of the monitor may reach it. `clerk-mongo-sync doctor` says what fails. Until then deliveries fail as well, and Svix sends them again for about 28 hours.',
  }
}

const readFromDatabase = ['silence', 'failureRate', 'pushes', 'conflicts', 'drift'] as const

const unknownRules = (rules: ResolvedRules): RuleFinding[] =>
  readFromDatabase
    .filter((rule) => rules[rule] !== false)
    .map((rule) => ({ rule, verdict: 'unknown', message: 'The database could not be read.' }))
