import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { gateBefore } from '../../support/gate'
import { type MongoProxy, startMongoProxy } from '../../support/proxy'
import { stories } from './stories'

let proxy: MongoProxy
const db = useDatabase('outage', async () => {
  proxy = await startMongoProxy()
  return proxy.uri('test_outage')
})
afterAll(() => proxy.close())

const faults = [
  ['the database is down', () => proxy.cut()],
  ['the answer is lost', () => proxy.loseNextReply()],
] as const

describe.each(faults)('%s at any one command, and Svix delivers again', (_, fault) => {
  it.each(stories().map(({ name }, index) => [name, index] as const))('%s', async (_, index) => {
    const users = await db.users()
    const clerkSync = createClerkSync({ users, timeoutMs: 150 })
    let messages = 0
    const deliver = async (event: Parameters<typeof clerkSync.sync>[0]) => {
      const messageId = `msg_${++messages}`
      for (let attempt = 0; attempt < 20; attempt++) {
        try {
          return await clerkSync.sync(event, { messageId })
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(timed_out|database_failed)$/) })
          proxy.mend()
        }
      }
      throw new Error('never delivered')
    }
    await deliver(fixtures.userDeleted())
    const gate = gateBefore(users)
    let broken = 0
    for (let nth = 0; nth === broken; nth++) {
      const story = stories()[index] as ReturnType<typeof stories>[number]
      for (const event of story.before) await deliver(event)
      gate.arm(nth, () => {
        broken++
        fault()
      })
      await deliver(story.first)
      gate.open()
      proxy.mend()
      await deliver(story.meanwhile)
      await story.check(users)
    }
    expect(broken).toBeGreaterThan(0)
  })
})
