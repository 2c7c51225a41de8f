import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type ClerkUserJSON, type ClerkWebhookEvent, isClerkEvent } from '../../events/events'
import type { ClerkOrganizationMembershipJSON } from '../../events/membership'
import type { ClerkOrganizationJSON } from '../../events/organization'
import { fixtures } from '../../testing/fixtures'
import { usageError } from '../terminal/run-command'
import { messageOf, table } from '../terminal/text'

/** What a test event is about. The rest is invented. */
interface Given {
  userId?: string
  email?: string
  organizationId?: string
  membershipId?: string
  role?: string
}

/** Options of `testEvent`. */
export interface TestEventOptions extends Given {
  /** A JSON file with the whole event, or its `data`. */
  data?: string
  instanceId?: string
}

/** The options that set what an event is about. */
const flags: Record<keyof Given, string> = {
  userId: '--user-id',
  email: '--email',
  organizationId: '--organization-id',
  membershipId: '--membership-id',
  role: '--role',
}

/** An event that can be invented. */
interface Invention {
  what: string
  takes: readonly (keyof Given)[]
  make(given: Given): { type: string; data: object }
}

const ofUser = ['userId', 'email'] as const
const ofMembership = ['organizationId', 'membershipId', 'role', ...ofUser] as const

// Updates have the current time: one second later would be in the future for a clock that is slightly behind.
const inventions: Record<string, Invention> = {
  'user.created': {
    what: 'a sign-up; the user is invented, or set with --user-id and --email',
    takes: ofUser,
    make: (given) => fixtures.userCreated(userOf(given)),
  },
  'user.updated': {
    what: 'a change; set the user with --user-id',
    takes: ofUser,
    make: (given) => fixtures.userCreated(userOf(given)),
  },
  'user.deleted': {
    what: 'a deletion; set the user with --user-id',
    takes: ofUser,
    make: (given) => fixtures.userDeleted(userOf(given)),
  },
  'organization.created': {
    what: 'a new organization, invented, or set with --organization-id',
    takes: ['organizationId'],
    make: (given) => fixtures.organizationCreated(organizationOf(given)),
  },
  'organization.updated': {
    what: 'a change; set the organization with --organization-id',
    takes: ['organizationId'],
    make: (given) => fixtures.organizationCreated(organizationOf(given)),
  },
  'organization.deleted': {
    what: 'a deletion; set the organization with --organization-id',
    takes: ['organizationId'],
    make: (given) => fixtures.organizationDeleted(organizationOf(given)),
  },
  'organizationMembership.created': {
    what: 'a new member; set who and where with --user-id, --organization-id and --role',
    takes: ofMembership,
    make: (given) => fixtures.organizationMembershipCreated(membershipOf(given)),
  },
  'organizationMembership.updated': {
    what: 'a change of --role; set the membership with --membership-id and its user and organization',
    takes: ofMembership,
    make: (given) => fixtures.organizationMembershipCreated(membershipOf(given)),
  },
  'organizationMembership.deleted': {
    what: 'a removed member; set the membership likewise',
    takes: ofMembership,
    make: (given) => fixtures.organizationMembershipDeleted(membershipOf(given)),
  },
  'session.created': {
    what: 'a sign-in, used by hooks only',
    takes: ofUser,
    make: (given) => fixtures.sessionCreated(userOf(given)),
  },
}

/** The events that can be sent, one per line. */
export const listOfEvents = (): string =>
  table([
    ...Object.entries(inventions).map(([type, { what }]): [string, string] => [type, what]),
    ['<any other type>', 'email.created, organizationInvitation.created, …, with its data: --data <file>'],
  ]).join('\n')

/**
 * Creates an event as Clerk sends it, about an invented user, organization or membership, or the given data.
 * @throws {CommandError} `usage` for unsupported types, and for data that is no event of that type.
 */
export function testEvent(type: string, options: TestEventOptions, cwd: string): ClerkWebhookEvent {
  const event =
    options.data === undefined ? invented(type, options) : fromFile(type, resolve(cwd, options.data), options)
  const whole: unknown = { ...event, ...(options.instanceId !== undefined && { instance_id: options.instanceId }) }
  if (isClerkEvent(whole)) return whole
  throw usageError(`This is not a ${type} event: \`data\` needs an id, printable and without spaces.`)
}

function invented(type: string, given: TestEventOptions): object {
  const invention = Object.hasOwn(inventions, type) ? inventions[type] : undefined
  if (!invention) {
    throw usageError(
      `${type} cannot be invented. Pass its data with --data <file>, or use one of these:\n${listOfEvents()}`,
    )
  }
  const others = flagsIn(given).filter((name) => !invention.takes.includes(name))
  if (others.length > 0) {
    const names = invention.takes.map((name) => flags[name]).join(', ')
    throw usageError(`${type} does not use ${others.map((name) => flags[name]).join(', ')}. It uses ${names}.`)
  }
  return { ...invention.make(given), type }
}

const flagsIn = (given: Given) => (Object.keys(flags) as (keyof Given)[]).filter((name) => given[name] !== undefined)

function userOf({ userId, email }: Given): ClerkUserJSON {
  // A unique address: a newer user would take an existing address from its owner.
  const address = email ?? `test.${crypto.randomUUID().slice(0, 8)}@example.com`
  return fixtures.user({ ...(userId !== undefined && { id: userId }), email: address })
}

function organizationOf({ organizationId }: Given): ClerkOrganizationJSON {
  // A unique slug, for the same reason.
  const slug = `test-${crypto.randomUUID().slice(0, 8)}`
  return fixtures.organization({ ...(organizationId !== undefined && { id: organizationId }), name: 'Test', slug })
}

function membershipOf(given: Given): ClerkOrganizationMembershipJSON {
  const { organizationId, membershipId, role } = given
  const organization = organizationOf(given)
  return fixtures.membership({
    user: userOf(given),
    // The oldest version of a given organization: its invented name must not replace the stored one.
    organization: organizationId === undefined ? organization : { ...organization, updated_at: 1 },
    ...(membershipId !== undefined && { id: membershipId }),
    ...(role !== undefined && { role }),
  })
}

function fromFile(type: string, path: string, given: TestEventOptions): object {
  const others = flagsIn(given).map((name) => flags[name])
  if (others.length > 0) throw usageError(`--data contains everything: remove ${others.join(', ')}.`)
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
