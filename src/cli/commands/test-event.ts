import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type ClerkUserJSON, type ClerkWebhookEvent, isClerkEvent } from '../../events/events'
import { fixtures } from '../../testing/fixtures'
import { usageError } from '../terminal/run-command'
import { messageOf, table } from '../terminal/text'

/** Options of `testEvent`. */
export interface TestEventOptions {
  userId?: string
  email?: string
  /** A JSON file with the whole event, or its `data`. */
  data?: string
  instanceId?: string
}

const events: [type: string, what: string][] = [
  ['user.created', 'a sign-up; the user is invented, or set with --user-id and --email'],
  ['user.updated', 'a change; set the user with --user-id'],
  ['user.deleted', 'a deletion; set the user with --user-id'],
  ['session.created', 'a sign-in, used by hooks only'],
  ['<any other type>', 'organization.created, email.created, …, with its data: --data <file>'],
]

/** The events that can be sent, one per line. */
export const listOfEvents = (): string => table(events).join('\n')

/**
 * Creates an event as Clerk sends it, about an invented user or the given data.
 * @throws {CommandError} `usage` for unsupported types, and for data that is no event of that type.
 */
export function testEvent(type: string, options: TestEventOptions, cwd: string): ClerkWebhookEvent {
  const event =
    options.data === undefined ? invented(type, options) : fromFile(type, resolve(cwd, options.data), options)
  const whole: unknown = { ...event, ...(options.instanceId !== undefined && { instance_id: options.instanceId }) }
  if (isClerkEvent(whole)) return whole
  throw usageError(`This is not a ${type} event: \`data\` needs an id, printable and without spaces.`)
}

function invented(type: string, { userId, email }: TestEventOptions): object {
  // A unique address: a newer user would take an existing address from its owner.
  const address = email ?? `test.${crypto.randomUUID().slice(0, 8)}@example.com`
  const user = fixtures.user({ ...(userId !== undefined && { id: userId }), email: address })
  if (type === 'user.created') return fixtures.userCreated(user)
  // Uses the current time: one second later would be in the future for a clock that is slightly behind.
  if (type === 'user.updated') return { ...fixtures.userCreated(user), type }
  if (type === 'user.deleted') return fixtures.userDeleted(user)
  if (type === 'session.created') return fixtures.sessionCreated(user)
  throw usageError(
    `${type} cannot be invented. Pass its data with --data <file>, or use one of these:\n${listOfEvents()}`,
  )
}

function fromFile(type: string, path: string, { userId, email }: TestEventOptions): object {
  if (userId !== undefined || email !== undefined) {
    throw usageError('--data contains the user: remove --user-id and --email.')
  }
  const value = readJson(path)
  if (typeof value !== 'object' || value === null) throw usageError(`${path} does not contain a JSON object.`)
  if (!('data' in value)) return { ...envelope(), type, data: value as ClerkUserJSON }
  if ('type' in value && value.type !== type) {
    throw usageError(`${path} is an event of type ${String(value.type)}, not ${type}.`)
  }
  return { ...envelope(), ...value, type }
}

function envelope() {
  const { object, instance_id, event_attributes, timestamp } = fixtures.userDeleted()
  return { object, instance_id, event_attributes, timestamp }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw usageError(`${path} could not be read as JSON: ${messageOf(error)}`)
  }
}
