import { type Command, InvalidArgumentError } from 'commander'
import type { ChaosOdds } from '../testing/fake-clerk/chaos'
import { createFakeClerk, type FakeClerk } from '../testing/fake-clerk/create-fake-clerk'
import { withExamples, withJson } from './common-options'
import { endpointOfApp } from './endpoint'
import { playOnKeys } from './fake-clerk-keys'
import { type ExitCode, exitCodes, type Io } from './io'
import { CommandError, runCommand } from './run-command'
import { loadEnvironment, requireUrl, secretNameOf } from './secret'
import { parseCount } from './since'

interface Options {
  port: number
  users?: number
  to?: string
  secretKey?: string
  signingSecret?: string
  speed: number
  chaos?: ChaosOdds
  rateLimit: boolean
  env?: string
}

const POLL_MS = 50
const USUAL_SECRET_NAME = 'CLERK_WEBHOOK_SIGNING_SECRET'

/** Adds `fake-clerk`: a Clerk on this machine, for development and demonstrations. */
export function addFakeClerk(program: Command, io: Io): void {
  const command = program
    .command('fake-clerk')
    .summary('a Clerk on this machine, for development')
    .description(
      'Runs a Clerk on this machine: the Backend API for users, and webhooks that are signed and delivered as Svix does it. ' +
        'Nothing is kept when it ends. Its keys are new each time, except where the environment has those of an earlier run.',
    )
    .option('--port <n>', 'where it listens', parsePort, 4010)
    .option('--users <n>', 'so many invented users have signed up before', parseCount)
    .option('--to <url>', 'the endpoint that gets its webhooks (default: that of the app, in a folder with a config)')
    .option('--secret-key <sk_test_…>', 'the API key it takes')
    .option('--signing-secret <whsec_…>', 'what it signs with')
    .option('--speed <n>', "how many times faster than Svix's its retries come", parseCount, 1)
    .option('--chaos <odds>', 'bad luck of messages: lose=0.1,double=0.2,reorder=0.2,delay=0.5,seed=1', parseChaos)
    .option('--no-rate-limit', "without Clerk's rate limits")
    .option('--env <file>', 'read this, not .env.local and .env')
    .action(runCommand(io, (options: Options) => fakeClerk(io, options)))
  withExamples(withJson(command), [
    ['fake-clerk', 'in the folder of an app: for that app'],
    ['fake-clerk --to http://localhost:3000/api/webhooks/clerk', 'for an app elsewhere'],
    ['fake-clerk --users 5000', 'something to backfill'],
    ['fake-clerk --chaos double=0.3,reorder=0.3', 'a bad day'],
  ])
}

async function fakeClerk(io: Io, options: Options): Promise<ExitCode> {
  loadEnvironment(io, options.env)
  const endpoint = options.to ?? (await endpointOfApp(io, { env: options.env }))
  const to = endpoint === undefined ? undefined : requireUrl(endpoint)
  const clerk = await createFakeClerk({
    ...keysOf(io, options),
    port: options.port,
    ...(to !== undefined && { webhookUrl: to }),
    delivery: { speed: options.speed, chaos: options.chaos },
    rateLimit: options.rateLimit,
  }).catch((error: unknown) => {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!isTaken) throw error
    throw new CommandError(`Port ${options.port} is taken: give another by --port.`, { code: 'port_taken' })
  })
  if (options.users) clerk.seed(options.users)
  introduce(io, clerk, to)
  const signal = io.stopSignal('Its users are gone.')
  const stopKeys = playOnKeys(io, clerk)
  const stopLog = logDeliveries(io, clerk)
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  stopKeys()
  stopLog()
  await clerk.close()
  return exitCodes.fine
}

/** Keys that the app has already, from an earlier run at this port, stay good; no others are taken from the environment. */
function keysOf(io: Io, { port, secretKey, signingSecret, env }: Options) {
  loadEnvironment(io, env)
  const { CLERK_API_URL, CLERK_SECRET_KEY } = io.env
  const isOurs = [`http://127.0.0.1:${port}`, `http://localhost:${port}`].includes(
    (CLERK_API_URL ?? '').replace(/\/$/, ''),
  )
  const key = secretKey ?? (isOurs ? CLERK_SECRET_KEY : undefined)
  const secret = signingSecret ?? (isOurs ? io.env[secretNameOf(io) ?? USUAL_SECRET_NAME] : undefined)
  return { ...(key && { secretKey: key }), ...(secret && { signingSecret: secret }) }
}

function introduce(io: Io, clerk: FakeClerk, to: string | undefined): void {
  const { url, secretKey, publishableKey, signingSecret, instanceId, users } = clerk
  const { bold, dim } = io.colors
  const env = {
    CLERK_API_URL: url,
    CLERK_SECRET_KEY: secretKey,
    CLERK_PUBLISHABLE_KEY: publishableKey,
    NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: publishableKey,
    [secretNameOf(io) ?? USUAL_SECRET_NAME]: signingSecret,
  }
  io.streamed({ ready: true, url, instanceId, webhookUrl: to, users: users.size, env })
  io.out(bold(`A fake Clerk at ${url}, with ${users.size.toLocaleString('en')} users`))
  io.out(to === undefined ? 'Webhooks go nowhere: give --to <url>.' : `Webhooks go to ${to}`)
  io.out(
    `\nFor .env.local:\n${Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n')}\n`,
  )
  io.out(dim(`A user:  curl ${url}/v1/users -H "Authorization: Bearer $CLERK_SECRET_KEY" \\`))
  io.out(dim(`           -H 'Content-Type: application/json' -d '{"email_address":["ada@example.com"]}'`))
}

/** Tells each attempt once it has ended. */
function logDeliveries(io: Io, clerk: FakeClerk): () => void {
  let told = 0
  const tell = () => {
    for (const attempt of clerk.deliveries.slice(told)) {
      told += 1
      const { type, messageId, status, error, isDelivered, response = '', startedAt, endedAt, attempt: n } = attempt
      io.streamed(attempt)
      const paint = isDelivered ? io.colors.green : io.colors.red
      const took = `${endedAt.getTime() - startedAt.getTime()} ms`
      const which = n > 1 ? ` (attempt ${n})` : ''
      io.out(
        `${paint(String(status ?? error ?? 'no answer'))}  ${type}${which}  ${io.colors.dim(`${messageId}  ${took}  ${response}`)}`,
      )
    }
  }
  const timer = setInterval(tell, POLL_MS)
  return () => {
    clearInterval(timer)
    tell()
  }
}

function parsePort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536 && text.trim() !== '') return port
  throw new InvalidArgumentError('Expected a port, 0 for any free one.')
}

const odds = ['lose', 'hold', 'double', 'reorder', 'delay'] as const
const amounts = ['delayMs', 'seed'] as const

function parseChaos(text: string): ChaosOdds {
  const chaos: ChaosOdds = {}
  for (const part of text.split(',')) {
    const [name, value] = part.split('=')
    const known = [...odds, ...amounts].find((one) => one === name?.trim())
    const number = Number(value || Number.NaN)
    const isOdds = odds.some((one) => one === known)
    if (!known || !(number >= 0) || (isOdds && number > 1)) {
      throw new InvalidArgumentError(
        `Expected name=0.1,… with names out of ${[...odds, ...amounts].join(', ')}; odds are from 0 to 1.`,
      )
    }
    chaos[known] = number
  }
  return chaos
}
