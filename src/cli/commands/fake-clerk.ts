import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { ChaosOdds } from '../../testing/fake-clerk/chaos'
import { createFakeClerk } from '../../testing/fake-clerk/create-fake-clerk'
import { withExamples, withJson } from '../project/common-options'
import { endpointOfApp } from '../project/endpoint'
import { envFileOf, loadEnvironment, requireUrl, secretNameOf } from '../project/secret'
import { aborted, type ExitCode, exitCodes, type Io } from '../terminal/io'
import { listenError, parsePort } from '../terminal/port'
import { runCommand } from '../terminal/run-command'
import { parseCount } from '../terminal/since'
import { FakeClerkData } from './fake-clerk-data'
import { printIntroduction } from './fake-clerk-introduction'
import { keysHelp, listenForKeys } from './fake-clerk-keys'
import { logDeliveries } from './fake-clerk-log'

interface Options {
  port: number
  users?: number
  to?: string
  data?: string
  secretKey?: string
  signingSecret?: string
  speed: number
  chaos?: ChaosOdds
  rateLimit: boolean
  env?: string
}

const DEFAULT_SECRET_NAME = 'CLERK_WEBHOOK_SIGNING_SECRET'

/** Adds `fake-clerk`: a local Clerk for development and demonstrations. */
export function addFakeClerk(program: Command, io: Io): void {
  const command = program
    .command('fake-clerk')
    .summary('a local Clerk for development')
    .description(
      'Runs a local Clerk: the Backend API for users, and webhooks that are signed and delivered like those of Svix. ' +
        'With --data, saves its data in a file; without, loses it at the end. Uses the keys of an earlier run if that file or the ' +
        'environment contains them, otherwise new keys.',
    )
    .option('--port <n>', 'port to listen on', parsePort, 4010)
    .option('--users <n>', 'number of invented users to start with; with --data, only for a new file', parseCount)
    .option('--to <url>', 'endpoint for its webhooks (default: that of the app, in a folder with a config)')
    .option(
      '--data <file>',
      'JSON file for its users, organizations, keys and undelivered webhooks; created if missing',
    )
    .option('--secret-key <sk_test_…>', 'secret key to accept')
    .option('--signing-secret <whsec_…>', 'secret to sign webhooks with')
    .option('--speed <n>', 'speed of retries, as a multiple of that of Svix', parseCount, 1)
    .option(
      '--chaos <odds>',
      'odds of faults per message: lose=0.1,double=0.2,reorder=0.2,delay=0.5,seed=1',
      parseChaos,
    )
    .option('--no-rate-limit', "disable Clerk's rate limits")
    .option('--env <file>', 'environment file to read instead of .env.local and .env')
    .action(runCommand(io, (options: Options) => fakeClerk(io, options)))
  command.addHelpText('after', keysHelp)
  withExamples(withJson(command), [
    ['fake-clerk', 'in the folder of an app: send webhooks to that app'],
    ['fake-clerk --to http://localhost:3000/api/webhooks/clerk', 'send webhooks to another app'],
    ['fake-clerk --users 5000', 'with users to backfill'],
    ['fake-clerk --data fake-clerk.json', 'keep the users between runs'],
    ['fake-clerk --chaos double=0.3,reorder=0.3', 'with repeated and reordered deliveries'],
  ])
}

async function fakeClerk(io: Io, options: Options): Promise<ExitCode> {
  loadEnvironment(io, options.env)
  const secretName = secretNameOf(io) ?? DEFAULT_SECRET_NAME
  const endpoint = options.to ?? (await endpointOfApp(io, { env: options.env }))
  const to = endpoint === undefined ? undefined : requireUrl(endpoint)
  const data = options.data === undefined ? undefined : new FakeClerkData(resolve(io.cwd, options.data))
  const state = data?.read()
  const saver = new StateSaver(() => data?.save(clerk.state()))
  const clerk = await createFakeClerk({
    ...keysOf(io, options, secretName),
    port: options.port,
    ...(to !== undefined && { webhookUrl: to }),
    delivery: { speed: options.speed, chaos: options.chaos },
    rateLimit: options.rateLimit,
    ...(state && { state }),
    onChange: () => saver.saveOrThrow(),
  }).catch((error: unknown) => {
    const known = listenError(error, options.port)
    throw known === error && state && data ? data.invalid(error) : known
  })
  if (options.users && !state) clerk.seed(options.users)
  else saver.saveOrThrow()
  printIntroduction(io, clerk, {
    to,
    data: data?.path,
    secretName,
    envFile: envFileOf(io, options.env),
  })
  if (options.users && state) io.err(`--users is ignored: ${data?.path} already has users.`)
  const signal = io.stopSignal(data ? `Its data is saved in ${data.path}.` : 'Its users are not saved.')
  const stopKeys = listenForKeys(io, clerk)
  const stopLog = logDeliveries(io, clerk, 0, () => saver.save())
  await aborted(AbortSignal.any([signal, saver.failed]))
  stopKeys()
  stopLog()
  await clerk.close()
  saver.failed.throwIfAborted()
  return exitCodes.fine
}

/**
 * Saves the state. The first failure aborts `failed`, which stops fake-clerk, because it could lose changes it has
 * acknowledged.
 */
class StateSaver {
  readonly #save: () => void
  readonly #failure = new AbortController()
  readonly failed = this.#failure.signal

  constructor(save: () => void) {
    this.#save = save
  }

  save(): void {
    try {
      this.#save()
    } catch (error) {
      this.#failure.abort(error)
    }
  }

  saveOrThrow(): void {
    this.save()
    this.failed.throwIfAborted()
  }
}

/** Reuses the app's keys from an earlier run on this port, and no others from the environment. */
function keysOf(io: Io, { port, secretKey, signingSecret }: Options, secretName: string) {
  const { CLERK_API_URL, CLERK_SECRET_KEY } = io.env
  const isOurs = [`http://127.0.0.1:${port}`, `http://localhost:${port}`].includes(
    (CLERK_API_URL ?? '').replace(/\/$/, ''),
  )
  const key = secretKey ?? (isOurs ? CLERK_SECRET_KEY : undefined)
  const secret = signingSecret ?? (isOurs ? io.env[secretName] : undefined)
  return { ...(key && { secretKey: key }), ...(secret && { signingSecret: secret }) }
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
        `Expected name=0.1,… with the names ${[...odds, ...amounts].join(', ')}; odds are from 0 to 1.`,
      )
    }
    chaos[known] = number
  }
  return chaos
}
