import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { expect, test } from 'vitest'
import { useDatabase } from '../support/database'
import { signingSecret } from './adapters'

const db = useDatabase('security_linking')
type Overrides = NonNullable<Parameters<typeof fixtures.user>[0]>

const local = { email: 'owner@example.com', username: 'owner' }
const entry = (id: string, status: unknown, email_address = local.email) => ({
  id,
  email_address,
  verification: { status },
})

/** Clerk users that an attacker creates to get the local account. */
const impostors: Record<string, object> = {
  'an address that was never verified': { email: local.email, emailVerified: false },
  'an address in other letters that was never verified': { email: 'OWNER@example.com', emailVerified: false },
  'an unverified address beside one that is verified': {
    primary_email_address_id: 'idn_1',
    email_addresses: [entry('idn_1', 'unverified'), entry('idn_2', 'verified', 'mine@example.com')],
  },
  'a verified address that is not the primary one': {
    primary_email_address_id: 'idn_1',
    email_addresses: [entry('idn_1', 'verified', 'mine@example.com'), entry('idn_2', 'verified')],
  },
  'no primary address': { primary_email_address_id: null, email_addresses: [entry('idn_1', 'verified')] },
  'a primary address that is not in the list': {
    primary_email_address_id: 'idn_9',
    email_addresses: [entry('idn_1', 'verified')],
  },
  'the address in the metadata': { unsafe_metadata: { email: local.email, emailVerified: true, clerkId: 'x' } },
  'the username alone': { username: local.username },
  ...Object.fromEntries(
    ['failed', 'expired', 'transferable', 'Verified', 'verified ', ['verified'], { $ne: null }, true, 1, null].map(
      (status) => [
        `a verification that is ${JSON.stringify(status)}`,
        { primary_email_address_id: 'idn_1', email_addresses: [entry('idn_1', status)] },
      ],
    ),
  ),
  'no word of a verification': {
    primary_email_address_id: 'idn_1',
    email_addresses: [{ id: 'idn_1', email_address: local.email }],
  },
}

async function deliver(linkBy: false | 'verified-email', overrides: object) {
  const users = await db.users({ linkBy })
  await users.create({ ...local, authProvider: 'local' })
  const before = await users.collection.findOne({ email: local.email })
  const event = fixtures.userCreated(fixtures.user(overrides as Overrides))
  const { headers, body } = signClerkWebhook(event, { signingSecret })
  const { handler } = createClerkSync({ users, signingSecret })
  const { outcome } = await (await handler(new Request('http://localhost/', { method: 'POST', headers, body }))).json()
  return { outcome, before, after: await users.collection.findOne({ email: local.email }) }
}

test.each(Object.entries(impostors))('a local account is not linked to a user with %s', async (_, overrides) => {
  const { outcome, before, after } = await deliver('verified-email', overrides)
  expect(['created', 'conflict']).toContain(outcome)
  expect(after).toEqual(before)
})

test('a local account is linked to the user with the verified primary address, and only with linkBy', async () => {
  const owner = { email: local.email, emailVerified: true }
  expect(await deliver('verified-email', owner)).toMatchObject({ outcome: 'linked', after: { authProvider: 'clerk' } })
  const { outcome, before, after } = await deliver(false, owner)
  expect(outcome).toBe('conflict')
  expect(after).toEqual(before)
})
