import { createClerkSync } from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { expect, test } from 'vitest'
import { useDatabase } from '../support/database'

const db = useDatabase('deadline_signal')

test('many concurrent deliveries cause no leak warning in Node', async () => {
  const users = await db.users({ definition: { email: String } })
  const clerkSync = createClerkSync({ users, logger: false })
  const warnings: string[] = []
  const note = ({ name }: Error) => void warnings.push(name)
  process.on('warning', note)
  try {
    const events = Array.from({ length: 60 }, () => fixtures.userCreated())
    await Promise.all(events.map((event) => clerkSync.sync(event)))
    // Node emits warnings in the next tick.
    await new Promise((resume) => setImmediate(resume))
  } finally {
    process.off('warning', note)
  }
  expect(warnings).toEqual([])
})
