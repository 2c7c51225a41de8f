import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { type Delivered, deliver } from '../../endpoint/deliver'
import { signClerkWebhook } from '../../endpoint/sign'
import { withExamples, withJson } from '../project/common-options'
import { endpointDefault, endpointOf } from '../project/endpoint'
import { loadEnvironment, requireSecret, requireUrl, secretOption } from '../project/secret'
import { type ExitCode, exitCodes, type Io } from '../terminal/io'
import { whileWaiting } from '../terminal/progress'
import { runCommand, usageError } from '../terminal/run-command'
import { parseCount } from '../terminal/since'
import { listOfEvents, type TestEventOptions, testEvent } from './test-event'

interface Options extends TestEventOptions {
  to?: string
  secret?: string
  env?: string
  messageId?: string
  times: number
  forged?: boolean
  dryRun?: boolean
}

/** Adds `send`, which sends a signed test event to an endpoint. */
export function addSend(program: Command, io: Io): void {
  const command = program
    .command('send')
    .summary('send a signed test event to your endpoint')
    .description(
      'Sends a test event to your endpoint, signed like Svix, and explains the response. ' +
        'What it is about is invented unless you give an id; the endpoint stores it in its database like a real one.',
    )
    .argument(
      '[event]',
      'any of user, organization and organizationMembership (user.created, …), session.created; any other type with --data',
    )
    .option('--to <url>', `the endpoint (${endpointDefault})`)
    .option('--user-id <id>', 'Clerk id of the user in the event')
    .option('--email <address>', 'primary e-mail address of that user')
    .option('--organization-id <id>', 'Clerk id of the organization in the event')
    .option('--membership-id <id>', 'Clerk id of the membership in the event')
    .option('--role <key>', 'role of the member, such as org:admin')
    .option('--data <file>', 'JSON file with the whole event, or its `data`')
    .option('--instance-id <ins_…>', 'Clerk instance in the event')
    .option('--message-id <id>', 'svix-id; repeat one to simulate a redelivery (default: a new one)')
    .option('--times <n>', 'number of deliveries with the same svix-id', parseCount, 1)
    .option('--forged', 'sign with a wrong secret; the endpoint should refuse it')
    .addOption(secretOption())
    .option('--env <file>', 'environment file to read instead of .env.local and .env')
    .option('--dry-run', 'print the event without sending it')
    .action(runCommand(io, (type: string | undefined, options: Options) => send(io, type, options)))
  withExamples(withJson(command), [
    ['send user.created', 'to your app'],
    ['send user.updated --user-id user_2abc --email ada@example.com', 'a change of an existing user'],
    ['send organizationMembership.created --user-id user_2abc --role org:admin', 'a new member of a new organization'],
    ['send user.created --times 2', 'a repeated delivery: created, then duplicate'],
    ['send user.created --forged', 'check that forged deliveries are refused'],
    ['send user.created --to https://example.com/api/webhooks/clerk', 'another endpoint'],
  ])
}

async function send(io: Io, type: string | undefined, options: Options): Promise<ExitCode> {
  if (type === undefined) throw usageError(`No event given. Expected one of:\n${listOfEvents()}`)
  loadEnvironment(io, options.env)
  const url = requireUrl(options.to ?? (await endpointOf(io, { env: options.env })))
  const event = testEvent(type, options, io.cwd)
  if (options.dryRun) {
    io.out(JSON.stringify(event, null, 2))
    io.result({ event, deliveries: [] })
    return exitCodes.fine
  }
  const signingSecret = options.forged
    ? `whsec_${randomBytes(24).toString('base64')}`
    : requireSecret(io, options.secret)
  const first = signClerkWebhook(event, { signingSecret, ...(options.messageId && { messageId: options.messageId }) })
  const messageId = first.headers['svix-id'] as string
  io.out(`${io.colors.bold(type)} ${messageId} to ${url}${options.forged ? ', forged' : ''}`)
  const deliveries: Delivered[] = []
  for (let n = 0; n < options.times; n += 1) {
    // Signed for each attempt: a redelivery has the same id and its own time.
    const signed = signClerkWebhook(event, { signingSecret, messageId })
    const delivered = await whileWaiting(io, 'the endpoint', () => deliver(url, signed))
    deliveries.push(delivered)
    print(io, delivered, options.forged ?? false)
  }
  const isFine = deliveries.every((delivered) => isAsExpected(delivered, options.forged ?? false))
  io.result({ url, type, messageId, clerkId: event.data.id, forged: options.forged ?? false, ok: isFine, deliveries })
  return isFine ? exitCodes.fine : exitCodes.failed
}

function isAsExpected({ status, isDelivered, outcome }: Delivered, isForged: boolean): boolean {
  return isForged ? status === 400 : isDelivered && outcome !== undefined && outcome !== 'conflict'
}

function print(io: Io, delivered: Delivered, isForged: boolean): void {
  const { status = 'no answer', durationMs, body, hint } = delivered
  const { green, red, dim } = io.colors
  const isFine = isAsExpected(delivered, isForged)
  io.out(
    `  ${(isFine ? green : red)(String(status))}  ${durationMs} ms  ${dim(body.replace(/\s+/g, ' ').slice(0, 300))}`,
  )
  if (isForged) io.out(isFine ? '  Refused, as expected.' : `  ${forgedHint(delivered)}`)
  else if (hint !== undefined) io.out(`  ${hint}`)
}

function forgedHint({ isDelivered, outcome, hint }: Delivered): string {
  if (isDelivered && outcome === undefined) return `${hint} It did not refuse a wrong signature either.`
  return isDelivered
    ? 'Accepted although the signature is wrong: the endpoint does not verify signatures, so anyone could write your users.'
    : (hint ?? 'Not accepted, but not refused by the handler of this library either (it answers 400).')
}
