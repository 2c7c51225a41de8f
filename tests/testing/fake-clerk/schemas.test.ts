import type { FakeClerk } from 'clerk-mongo-sync/testing'
import { expect, it } from 'vitest'
import { problemsWith, problemsWithEvent, type SchemaName } from '../../support/clerk-schemas'
import { ask, useFakeClerk } from './use-fake-clerk'

const fake = useFakeClerk()

interface Step {
  method: string
  path: string
  schema: SchemaName | 'list of users'
  body?: unknown
}

const user = '/users/{user}'
const organization = '/organizations/{organization}'
const member = `${organization}/memberships/{user}`

/** Every route of the fake Clerk. */
const steps: Step[] = [
  { method: 'GET', path: '/instance', schema: 'Instance' },
  {
    method: 'POST',
    path: '/users',
    schema: 'User',
    body: { email_address: ['a@example.com'], phone_number: ['+15555550100'], web3_wallet: [`0x${'0'.repeat(40)}`] },
  },
  { method: 'GET', path: '/users', schema: 'list of users' },
  { method: 'GET', path: '/users/count', schema: 'TotalCount' },
  { method: 'GET', path: user, schema: 'User' },
  {
    method: 'PATCH',
    path: user,
    schema: 'User',
    body: {
      first_name: 'Ada',
      username: 'ada_l',
      external_id: 'x',
      password: 'long enough',
      legal_accepted_at: '2026-01-01T00:00:00Z',
    },
  },
  { method: 'PATCH', path: `${user}/metadata`, schema: 'User', body: { public_metadata: { a: { b: null } } } },
  { method: 'PUT', path: `${user}/metadata`, schema: 'User', body: { unsafe_metadata: { a: null } } },
  { method: 'POST', path: `${user}/ban`, schema: 'User' },
  { method: 'POST', path: `${user}/unban`, schema: 'User' },
  { method: 'POST', path: `${user}/lock`, schema: 'User' },
  { method: 'POST', path: `${user}/unlock`, schema: 'User' },
  { method: 'POST', path: '/users/ban', schema: 'list of users', body: { user_ids: ['{user}'] } },
  { method: 'POST', path: '/users/unban', schema: 'list of users', body: { user_ids: ['{user}'] } },
  {
    method: 'POST',
    path: '/email_addresses',
    schema: 'EmailAddress',
    body: { user_id: '{user}', email_address: 'b@example.com' },
  },
  { method: 'GET', path: '/email_addresses/{email}', schema: 'EmailAddress' },
  { method: 'PATCH', path: '/email_addresses/{email}', schema: 'EmailAddress', body: { verified: true } },
  { method: 'DELETE', path: '/email_addresses/{email}', schema: 'DeletedObject' },
  {
    method: 'PUT',
    path: `${user}/email_address`,
    schema: 'EmailAddress',
    body: { email_address: 'c@example.com', identification_status: 'reserved' },
  },
  { method: 'POST', path: '/organizations', schema: 'Organization', body: { name: 'Acme', created_by: '{user}' } },
  { method: 'GET', path: '/organizations?include_members_count=true', schema: 'Organizations' },
  { method: 'GET', path: organization, schema: 'Organization' },
  { method: 'PATCH', path: organization, schema: 'Organization', body: { name: 'Acme Inc' } },
  { method: 'PATCH', path: `${organization}/metadata`, schema: 'Organization', body: { public_metadata: { a: 1 } } },
  { method: 'PUT', path: `${organization}/metadata`, schema: 'Organization', body: { private_metadata: { a: 1 } } },
  { method: 'GET', path: `${user}/organization_memberships`, schema: 'OrganizationMemberships' },
  { method: 'GET', path: '/organization_memberships', schema: 'OrganizationMemberships' },
  { method: 'GET', path: `${organization}/memberships`, schema: 'OrganizationMemberships' },
  { method: 'PATCH', path: member, schema: 'OrganizationMembership', body: { role: 'org:member' } },
  {
    method: 'PATCH',
    path: `${member}/metadata`,
    schema: 'OrganizationMembership',
    body: { private_metadata: { a: 1 } },
  },
  { method: 'DELETE', path: member, schema: 'OrganizationMembership' },
  {
    method: 'POST',
    path: `${organization}/memberships`,
    schema: 'OrganizationMembership',
    body: { user_id: '{user}', role: 'org:admin' },
  },
  { method: 'DELETE', path: organization, schema: 'DeletedObject' },
  { method: 'DELETE', path: user, schema: 'DeletedObject' },
  { method: 'GET', path: user, schema: 'ClerkErrors' },
]

it('every answer and every event matches the OpenAPI files of Clerk', async () => {
  const ids: Record<string, string> = {}
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'none')
  for (const { method, path, schema, body } of steps) {
    const sent = body === undefined ? {} : { body: fill(JSON.stringify(body)) }
    const { json, status } = await ask(fake.clerk, fill(path), { method, ...sent })
    const about = `${method} ${path}`
    expect({ about, status, problems: problemsOf(schema, json) }).toEqual({
      about,
      status: schema === 'ClerkErrors' ? 404 : 200,
      problems: [],
    })
    if (schema === 'User') ids.user = json.id
    if (schema === 'EmailAddress') ids.email = json.id
    if (schema === 'Organization') ids.organization = json.id
  }
  expectEvents(fake.clerk)
})

it('the validation finds an extra, a missing and a wrong field', () => {
  const whole = fake.clerk.users.create()
  const { external_id: _, ...lacking } = whole
  expect(problemsWith('User', { ...whole, timezone: null })).not.toEqual([])
  expect(problemsWith('User', lacking)).not.toEqual([])
  expect(problemsWith('User', { ...whole, banned: 'no' })).not.toEqual([])
  expect(problemsWithEvent({ type: 'user.created' })).not.toEqual([])
})

function problemsOf(schema: Step['schema'], json: unknown): string[] {
  if (schema !== 'list of users') return problemsWith(schema, json)
  return Array.isArray(json) && json.length > 0 ? json.flatMap((one) => problemsWith('User', one)) : ['no list']
}

function expectEvents(clerk: FakeClerk): void {
  const events = clerk.events().map(({ event }) => event)
  expect(events.flatMap((event) => problemsWithEvent(event))).toEqual([])
  expect([...new Set(events.map(({ type }) => type))].sort()).toEqual([
    'organization.created',
    'organization.deleted',
    'organization.updated',
    'organizationMembership.created',
    'organizationMembership.deleted',
    'organizationMembership.updated',
    'user.created',
    'user.deleted',
    'user.updated',
  ])
  expect(events.every(({ instance_id }) => instance_id === clerk.instanceId)).toBe(true)
}
