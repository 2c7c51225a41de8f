import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { expect, it } from 'vitest'
import type { PushClaim } from '../../../src/store/push-store'
import { useDatabase } from '../../support/database'
import { queueOf } from './queue'

const db = useDatabase('push_echo_encrypted')

it('the event of our own push is a duplicate, although a setter stores the values from Clerk differently each time', async () => {
  let salt = 0
  const firstName = { type: String, set: (name: string) => `${name} ${++salt}` }
  const users = await db.users({ definition: { firstName, plan: String }, push: { publicMetadata: ['plan'] } })
  const hooked: string[] = []
  const on = { 'user.updated': ({ messageId }: { messageId: string | undefined }) => void hooked.push(messageId ?? '') }
  const { sync } = createClerkSync({ users, on })
  const before = fixtures.user()
  await sync(fixtures.userCreated(before), { messageId: 'msg_0' })

  const outcomes: string[] = []
  let last = before
  for (const plan of ['pro', 'max']) {
    await users.updateOne({ clerkId: before.id }, { plan } as never)
    const [claim] = await queueOf(users).claim(1, 60_000, {})
    const answer = fixtures.changedUser(last, {
      public_metadata: { plan },
      updated_at: Number(last.updated_at) + 1_000,
    })
    await queueOf(users).complete(claim as PushClaim, { before: last, answers: [answer] }, {})
    outcomes.push((await sync({ type: 'user.updated', data: answer }, { messageId: `msg_${plan}` })).outcome)
    last = answer
  }
  expect(outcomes).toEqual(['duplicate', 'duplicate'])
  expect(hooked).toEqual([])
})
