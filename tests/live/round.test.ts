import { createFakeClerk } from 'clerk-mongo-sync/testing'
import { expect, it } from 'vitest'
import { useDatabase } from '../support/database'
import { liveRound } from './round'

const database = useDatabase('live_round')

it('the live check completes a round with the fake Clerk', async () => {
  const clerk = await createFakeClerk()
  const steps: string[] = []
  try {
    await liveRound({
      users: await database.users(),
      secretKey: clerk.secretKey,
      signingSecret: clerk.signingSecret,
      apiUrl: clerk.url,
      listen: async (url) => {
        clerk.deliverTo(url)
        return async () => {}
      },
      patience: 10_000,
      say: (step) => steps.push(step),
    })
  } finally {
    await clerk.close()
  }
  expect(steps.at(-1)).toBe('its deletion came by webhook, and it stays deleted')
})

it('the live check fails if deliveries do not arrive', async () => {
  const clerk = await createFakeClerk()
  const round = liveRound({
    users: await database.users(),
    secretKey: clerk.secretKey,
    signingSecret: clerk.signingSecret,
    apiUrl: clerk.url,
    listen: async () => async () => {},
    patience: 500,
    say: () => {},
  })
  await expect(round).rejects.toThrow('the webhook did not come within 0.5 s.')
  expect(clerk.users.size).toBe(0)
  await clerk.close()
})
