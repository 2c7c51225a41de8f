import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { ClerkSync } from '../../create-clerk-sync'
import { deliver } from '../../endpoint/deliver'
import { signClerkWebhook } from '../../endpoint/sign'
import { isClerkSyncError } from '../../errors'
import { counted } from '../../monitor/counted'
import { clerkSyncOf } from '../project/common-options'
import { endpointOf } from '../project/endpoint'
import { loadEnvironment, requireSecret, requireUrl } from '../project/secret'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { CommandError, usageError } from '../terminal/run-command'
import { messageOf, table } from '../terminal/text'
import { type Recorded, readRecorded } from './recording'
import type { ReplayOptions } from './replay-options'

/** Result of one line of the recording. */
interface Replayed {
  line: number
  messageId?: string
  type?: string
  clerkId?: string
  outcome: string
  /** HTTP status of the endpoint, for failures with --to. */
  status?: number
  /** Code of the error or the conflict. */
  code?: string
  /** The reason, and what to do. */
  error?: string
}

/** Why a line was not applied. */
class ReplayFailure extends Error {
  constructor(
    message: string,
    readonly why: Pick<Replayed, 'outcome' | 'status' | 'code'>,
  ) {
    super(message)
  }
}

/** Applies a recorded delivery. @returns the outcome; @throws if it fails. */
type Apply = (recorded: Recorded) => Promise<string>

/** Replays a file, or stdin line by line, in the recorded order. */
export async function replayFile(io: Io, file: string, options: ReplayOptions): Promise<ExitCode> {
  const path = file === '-' ? undefined : resolve(io.cwd, file)
  if (path !== undefined) {
    await access(path).catch(() => {
      throw usageError(`${path} does not exist or is not readable.`)
    })
  }
  const { secret, apply } = await prepare(io, options)
  const signal = io.stopSignal('The current event will be finished. The next run recognises events that were replayed.')
  const lines = createInterface({ input: path === undefined ? io.stdin : createReadStream(path), signal })
  const outcomes = new Map<string, number>()
  let failed = 0
  let line = 0
  for await (const text of lines) {
    line += 1
    const replayed = await replayLine(text, { line, secret, apply, isUnverified: options.unverified ?? false })
    if (!replayed) continue
    print(io, replayed)
    outcomes.set(replayed.outcome, (outcomes.get(replayed.outcome) ?? 0) + 1)
    if (replayed.error !== undefined) failed += 1
    if (signal.aborted) break
  }
  summarise(io, outcomes, { failed, isInterrupted: signal.aborted, isDry: options.dryRun ?? false })
  if (signal.aborted) return exitCodes.interrupted
  if (isWithoutDeliveries(outcomes)) {
    reportFormat(io, file, line)
    return exitCodes.failed
  }
  return failed > 0 ? exitCodes.failed : exitCodes.fine
}

const UNREADABLE = 'unreadable'

/** Whether no line was a delivery. */
const isWithoutDeliveries = (outcomes: ReadonlyMap<string, number>): boolean =>
  [...outcomes.keys()].every((outcome) => outcome === UNREADABLE)

function reportFormat(io: Io, file: string, lines: number): void {
  const where = file === '-' ? 'stdin' : file
  const message =
    `${where} contains no delivery (${counted(lines, 'line')}). Expected one JSON object per line, as printed by ` +
    '`npx clerk webhooks listen --json`: {"type":"event","headers":{"svix-id":"…",…},"body_b64":"…"}. ' +
    'To send one event from a JSON file: clerk-mongo-sync send <event> --data <file>'
  io.err(`${io.errColors.red('error')} ${message}`)
  io.result({ error: { code: 'no_deliveries', message } })
}

async function prepare(io: Io, options: ReplayOptions): Promise<{ secret: string | undefined; apply: Apply }> {
  const { to, dryRun } = options
  const url = to === undefined ? undefined : requireUrl(to === true ? await endpointOf(io, options) : to)
  // Reads the environment files first, because the secret may be in them.
  const clerkSync = url === undefined && !dryRun ? await clerkSyncOf(io, options) : undefined
  loadEnvironment(io, options.env)
  const secret = url !== undefined && !dryRun ? requireSecret(io, options.secret) : secretIfAny(io, options.secret)
  if (secret === undefined)
    io.err(io.errColors.yellow('Signatures are not verified, because no secret is set (--secret).'))
  if (url !== undefined && secret !== undefined && !dryRun) return { secret, apply: intoEndpoint(url, secret) }
  return { secret, apply: clerkSync ? intoClerkSync(clerkSync) : async () => 'would replay' }
}

function secretIfAny(io: Io, given: string | undefined): string | undefined {
  try {
    return requireSecret(io, given)
  } catch (error) {
    if ((isClerkSyncError(error) || error instanceof CommandError) && error.code === 'secret_missing') return undefined
    throw error
  }
}

function intoClerkSync(clerkSync: ClerkSync): Apply {
  return async ({ event, messageId }) => {
    const { outcome, conflict } = await clerkSync.sync(event, { messageId })
    if (conflict) throw new ReplayFailure(conflict.message, { outcome, code: conflict.code })
    return outcome
  }
}

function intoEndpoint(url: string, signingSecret: string): Apply {
  return async ({ body, messageId }) => {
    const { status, isDelivered, outcome, code, hint } = await deliver(
      url,
      signClerkWebhook(body, { signingSecret, messageId }),
    )
    if (isDelivered && outcome !== undefined && outcome !== 'conflict') return outcome
    throw new ReplayFailure(hint ?? 'Not delivered.', {
      outcome: outcome ?? 'failed',
      ...(status !== undefined && { status }),
      ...(code !== undefined && { code }),
    })
  }
}

interface LineOptions {
  line: number
  secret: string | undefined
  apply: Apply
  isUnverified: boolean
}

async function replayLine(text: string, options: LineOptions): Promise<Replayed | undefined> {
  const { line, secret, apply, isUnverified } = options
  if (text.trim() === '') return undefined
  let recorded: Recorded | undefined
  try {
    recorded = readRecorded(text, secret)
  } catch (error) {
    return { line, outcome: UNREADABLE, error: messageOf(error) }
  }
  if (!recorded) return undefined
  const { messageId, event, isGenuine } = recorded
  const { id } = event.data
  const about = { line, messageId, type: event.type, ...(typeof id === 'string' && { clerkId: id }) }
  if (isGenuine === false && !isUnverified) {
    const error =
      'Not signed with this secret. Pass the secret of the recorded endpoint as --secret, or use --unverified.'
    return { ...about, outcome: 'not genuine', error }
  }
  return apply(recorded).then(
    (outcome) => ({ ...about, outcome }),
    (error: unknown) => ({ ...about, ...whyOf(error), error: messageOf(error) }),
  )
}

function whyOf(error: unknown): Pick<Replayed, 'outcome' | 'status' | 'code'> {
  if (error instanceof ReplayFailure) return error.why
  return { outcome: 'failed', ...(isClerkSyncError(error) && { code: error.code }) }
}

function print(io: Io, replayed: Replayed): void {
  const { line, outcome, type = '', messageId = '', clerkId = '', status, code, error } = replayed
  io.streamed(replayed)
  const paint = error === undefined ? io.colors.green : io.colors.red
  io.out(`${paint(outcome.padEnd(10))} ${type} ${io.colors.dim(`${messageId} ${clerkId}`)}`.trimEnd())
  const what = [status === undefined ? '' : `answered ${status}`, code ?? ''].filter((part) => part !== '').join(', ')
  if (error !== undefined) io.out(`  line ${line}${what === '' ? '' : `, ${what}`}: ${error}`)
}

function summarise(
  io: Io,
  outcomes: ReadonlyMap<string, number>,
  { failed, isInterrupted, isDry }: { failed: number; isInterrupted: boolean; isDry: boolean },
): void {
  const total = [...outcomes.values()].reduce((sum, n) => sum + n, 0)
  io.result({ summary: { total, failed, outcomes: Object.fromEntries(outcomes), interrupted: isInterrupted } })
  io.out(io.colors.bold(`\n${total} ${isDry ? 'checked, nothing was written' : 'replayed'}, ${failed} failed`))
  for (const line of table([...outcomes])) io.out(line)
}
