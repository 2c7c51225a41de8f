import { createClerkSync } from 'clerk-mongo-sync'
import { createMemoryStore, fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { Webhook } from 'svix'
import { expect, test } from 'vitest'
import { useDatabase } from '../support/database'
import { genuine, signingSecret } from './adapters'

const db = useDatabase('security_genuine')
const anothers = 'whsec_plJ3nmyCDGBKInavdOK15jsl'

type Sent = { headers: Record<string, string>; body: string | Uint8Array<ArrayBuffer> }
const toRequest = ({ headers, body }: Sent) => new Request('http://localhost/', { method: 'POST', headers, body })

async function answersTo(deliveries: Sent[]) {
  const users = createMemoryStore()
  const { handler } = createClerkSync({ users, signingSecret })
  const statuses = new Set<number>()
  for (const delivery of deliveries) statuses.add((await handler(toRequest(delivery))).status)
  return { statuses: [...statuses], stored: users.users.size }
}

test('a delivery signed with another secret is refused, and stores nothing', async () => {
  const { headers, body } = genuine()
  const [other, older] = [genuine(), genuine()]
  const signature = headers['svix-signature'] ?? ''
  const now = new Date()
  const forged = [
    signClerkWebhook(body, { signingSecret: anothers }).headers['svix-signature'],
    new Webhook(new TextEncoder().encode(signingSecret), { format: 'raw' }).sign(headers['svix-id'] ?? '', now, body),
    // Combines parts of different genuine deliveries.
    other.headers['svix-signature'],
    `${other.headers['svix-signature']} ${older.headers['svix-signature']}`,
    signature.replace('v1,', 'v1a,'),
    signature.replace('v1,', 'v0,'),
    signature.replace(/=+$/, ''),
    signature.toLowerCase(),
    'v1,none',
    'none',
    '',
  ]
  const deliveries = forged.map((made) => ({ headers: { ...headers, 'svix-signature': made ?? '' }, body }))
  const moved = ['svix-id', 'svix-timestamp'].map((name) => ({
    headers: { ...headers, [name]: `${Math.floor(Date.now() / 1000) - 7}` },
    body,
  }))
  const swapped = { headers, body: other.body }
  expect(await answersTo([...deliveries, ...moved, swapped])).toEqual({ statuses: [400], stored: 0 })
  expect(await answersTo([{ headers, body }])).toEqual({ statuses: [200], stored: 1 })
})

test('a body truncated or changed at any byte is refused', async () => {
  const event = JSON.stringify({ type: 'user.created', data: { id: 'user_cut', first_name: 'Zoë', updated_at: 1 } })
  const { headers, body } = signClerkWebhook(event, { signingSecret })
  const bytes = new TextEncoder().encode(body)
  const cut = Array.from(bytes, (_, length) => ({ headers, body: bytes.slice(0, length) }))
  const changed = Array.from(bytes, (byte, at) => ({ headers, body: bytes.with(at, byte ^ 1) as typeof bytes }))
  const longer = { headers, body: new Uint8Array([...bytes, 0]) }
  expect(await answersTo([...cut, ...changed, longer])).toEqual({ statuses: [400], stored: 0 })
})

test('a delivery replayed within five minutes changes nothing, one by one or all at once', async () => {
  const users = await db.users()
  const { handler } = createClerkSync({ users, signingSecret })
  const { id, headers, body } = genuine()
  const send = async () => (await handler(toRequest({ headers, body }))).json()
  expect(await send()).toEqual({ outcome: 'created' })
  const before = await users.collection.find().toArray()
  for (let again = 0; again < 10; again++) expect(await send()).toEqual({ outcome: 'duplicate' })
  for (const answer of await Promise.all(Array.from({ length: 20 }, send))) expect(answer.outcome).toBe('duplicate')
  expect(before).toHaveLength(1)
  expect(await users.collection.find({ clerkId: id }).toArray()).toEqual(before)
})

test('a delivery replayed after newer ones, or after the deletion, restores nothing', async () => {
  const users = await db.users()
  const { handler } = createClerkSync({ users, signingSecret })
  const created = fixtures.userCreated()
  const later = fixtures.userUpdated(fixtures.changedUser(created.data, { first_name: 'Later' }))
  const [first, second] = [created, later].map((event) => signClerkWebhook(event, { signingSecret })) as [Sent, Sent]
  const outcome = async (sent: Sent) => (await (await handler(toRequest(sent))).json()).outcome
  expect([await outcome(first), await outcome(second), await outcome(first)]).toEqual(['created', 'updated', 'stale'])
  expect(await users.findByClerkId(created.data.id)).toMatchObject({ firstName: 'Later' })
  await outcome(signClerkWebhook(fixtures.userDeleted(created.data), { signingSecret }))
  expect([await outcome(first), await outcome(second)]).toEqual(['stale', 'stale'])
  expect((await users.findByClerkId(created.data.id))?.get('clerkDeletedAt')).toBeInstanceOf(Date)
})

test('a delivery replayed after five minutes is refused, like one from the future', async () => {
  const deliveries = [-301, -3_600, 305, 86_400].map((seconds) => {
    return signClerkWebhook(fixtures.userCreated(), { signingSecret, timestamp: new Date(Date.now() + seconds * 1000) })
  })
  expect(await answersTo(deliveries)).toEqual({ statuses: [400], stored: 0 })
})

test('an event of another instance is acknowledged and not applied, whatever instance it claims', async () => {
  const users = createMemoryStore()
  const { handler } = createClerkSync({ users, signingSecret, instanceId: 'ins_ours' })
  const foreign = ['ins_theirs', ['ins_ours'], { $eq: 'ins_ours' }, 'INS_OURS', 7, true]
  for (const instance_id of foreign) {
    for (const event of [fixtures.userCreated(), fixtures.userUpdated(), fixtures.userDeleted()]) {
      const sent = signClerkWebhook(JSON.stringify({ ...event, instance_id }), { signingSecret })
      expect(await (await handler(toRequest(sent))).json()).toEqual({ outcome: 'ignored' })
    }
  }
  expect(users.users.size).toBe(0)
})
