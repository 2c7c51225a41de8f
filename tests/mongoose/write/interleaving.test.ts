import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'
import { gateBefore } from '../../support/gate'
import { stories } from './stories'

const db = useDatabase('interleaving')
const rules = [
  ['soft', {}],
  ['hard', { onDelete: 'hard' }],
] as const

describe.each(rules)('another event that arrives before any command, with %s deletion', (_, options) => {
  it.each(stories().map(({ name }, index) => [name, index] as const))('%s', async (_, index) => {
    const users = await db.users(options)
    const clerkSync = createClerkSync({ users })
    let messages = 0
    const deliver = (event: Parameters<typeof clerkSync.sync>[0]) =>
      clerkSync.sync(event, { messageId: `msg_${++messages}` })
    await deliver(fixtures.userDeleted())
    const gate = gateBefore(users)
    let paused = 0
    for (let nth = 0; nth === paused; nth++) {
      const story = stories()[index] as ReturnType<typeof stories>[number]
      for (const event of story.before) await deliver(event)
      gate.arm(nth, async () => {
        paused++
        await deliver(story.meanwhile)
      })
      await deliver(story.first)
      gate.open()
      if (paused === nth) await deliver(story.meanwhile)
      await story.check(users)
    }
    expect(paused).toBeGreaterThan(0)
  })
})
