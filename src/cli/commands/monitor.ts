import type { Command } from 'commander'
import type { Alert, RuleFinding } from '../../monitor/alerts/alert'
import { type ClerkSyncMonitor, createClerkSyncMonitor } from '../../monitor/alerts/create-monitor'
import type { MonitorResult } from '../../monitor/alerts/monitor'
import { toWebhookAlert } from '../../monitor/alerts/to-webhook-alert'
import { counted } from '../../monitor/counted'
import { sleep } from '../../time/sleep'
import { type ConfigOptions, withConfig, withExamples } from '../project/common-options'
import { loadConfig } from '../project/load-config'
import { requireUrl } from '../project/secret'
import { aborted, type ExitCode, exitCodes, type Io } from '../terminal/io'
import { whileWaiting } from '../terminal/progress'
import { runCommand } from '../terminal/run-command'
import { parseCount } from '../terminal/since'
import { table } from '../terminal/text'

interface MonitorCommandOptions extends ConfigOptions {
  once?: boolean
  url?: string
  slackUrl?: string
  interval: number
}

/** Time between two rounds, in seconds. */
const INTERVAL_SECONDS = 60
/** How often `--once` asks for its turn, a second apart. */
const IN_TURN_ATTEMPTS = 10

/** Adds `monitor`, which checks the sync from outside of the handler and alerts. */
export function addMonitor(program: Command, io: Io): void {
  const command = withConfig(program.command('monitor').summary('check the sync from outside, and alert'))
    .description(
      'Checks for failed deliveries, silence, stuck pushes, conflicts, drift, an unreachable endpoint and a database that is away. ' +
        'Each alert is sent once, and once when it has recovered, also across restarts and several monitors.',
    )
    .option('--once', 'check once; exit code 2 if an alert fires')
    .option('--url <url>', 'the endpoint as Clerk calls it; a signed test delivery is sent to it')
    .option('--slack-url <url>', 'send alerts to this webhook of Slack as well (default: SLACK_WEBHOOK_URL)')
    .option('--interval <seconds>', 'time between two checks', parseCount, INTERVAL_SECONDS)
    .action(runCommand(io, (options: MonitorCommandOptions) => monitor(io, options)))
  withExamples(command, [
    ['monitor --once', 'check once, for cron'],
    ['monitor --url https://example.com/api/webhooks/clerk', 'keep checking, the endpoint as well'],
    ['monitor --once --json', 'as JSON'],
  ])
}

async function monitor(io: Io, options: MonitorCommandOptions): Promise<ExitCode> {
  const { config, env, once, interval } = options
  // Without connecting first, as other commands do: a database that is away is an alert.
  const { clerkSync } = await loadConfig({ cwd: io.cwd, config, envFile: env, env: io.env })
  const slackUrl = options.slackUrl ?? io.env.SLACK_WEBHOOK_URL
  const toSlack = slackUrl ? toWebhookAlert(slackUrl) : undefined
  const watching = createClerkSyncMonitor(clerkSync, {
    ...(options.url !== undefined && { url: requireUrl(options.url) }),
    async onAlert(alert) {
      await toSlack?.(alert)
      printAlert(io, alert)
    },
  })
  return once ? checkOnce(io, watching) : keepChecking(io, watching, interval)
}

async function checkOnce(io: Io, watching: ClerkSyncMonitor): Promise<ExitCode> {
  const result = await whileWaiting(io, 'MongoDB or the endpoint', () => checkInTurn(watching))
  io.result(result)
  if (result.skipped !== undefined) io.out(io.colors.yellow(result.skipped))
  for (const line of table(result.findings.map((finding) => rowOf(io, finding)))) io.out(line)
  printUnsent(io, result)
  if (result.unsent.length > 0) return exitCodes.failed
  return result.firing.length > 0 ? exitCodes.problems : exitCodes.fine
}

/** Waits for the round of another monitor, which mostly takes less than a second. */
async function checkInTurn(watching: ClerkSyncMonitor): Promise<MonitorResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await watching.check()
    if (result.skipped === undefined || attempt === IN_TURN_ATTEMPTS) return result
    await sleep(1_000)
  }
}

async function keepChecking(io: Io, watching: ClerkSyncMonitor, seconds: number): Promise<ExitCode> {
  const signal = io.stopSignal('The state of the alerts is saved.')
  watching.start({
    intervalMs: seconds * 1_000,
    onRound(result) {
      io.streamed(result)
      io.out(`${result.at.toISOString()} ${summaryOf(io, result)}`)
      printUnsent(io, result)
    },
  })
  await aborted(signal)
  await watching.stop()
  return exitCodes.fine
}

function summaryOf(io: Io, { firing, skipped }: MonitorResult): string {
  if (skipped !== undefined) return io.colors.dim(skipped)
  if (firing.length === 0) return io.colors.green('no alert fires')
  return io.colors.red(`${counted(firing.length, 'alert')} firing: ${firing.map(({ rule }) => rule).join(', ')}`)
}

function printAlert(io: Io, { rule, state, message, remedy, docs }: Alert): void {
  const head = state === 'firing' ? io.colors.red(`alert ${rule}`) : io.colors.green(`recovered ${rule}`)
  io.out(`${io.colors.bold(head)} ${message}`)
  io.out(`  ${io.colors.cyan('→')} ${remedy}`)
  io.out(`  ${io.colors.dim(docs)}`)
}

function printUnsent(io: Io, { unsent }: MonitorResult): void {
  if (unsent.length === 0) return
  io.err(
    `${io.errColors.red('error')} ${counted(unsent.length, 'alert')} could not be sent; the next check sends them again.`,
  )
}

function rowOf(io: Io, { rule, verdict, message }: RuleFinding): string[] {
  const paint = { ok: io.colors.green, unknown: io.colors.yellow, problem: io.colors.red }[verdict]
  return [rule, paint(verdict), message]
}
