import { expect, it } from 'vitest'
import { FailureTally } from '../../src/jobs/run/failure-tally'

const failure = (n: number, message: string) => ({ clerkId: `user_${n}`, code: 'clerk_api_failed' as const, message })

it('counts one cause where messages differ by user and trace alone, beyond the hundred that are named', () => {
  const tally = new FailureTally()
  for (let n = 0; n < 250; n++)
    tally.add(failure(n, `Clerk's API answered 422 to PATCH /users/user_${n} (bad, trace ab${n}). Change it.`))
  tally.add(failure(250, 'Another reason.'))
  expect(tally.failures).toHaveLength(100)
  expect(tally.causes).toEqual([
    {
      code: 'clerk_api_failed',
      message: "Clerk's API answered 422 to PATCH /users/… (bad). Change it.",
      count: 250,
      examples: ['user_0', 'user_1', 'user_2'],
    },
    { code: 'clerk_api_failed', message: 'Another reason.', count: 1, examples: ['user_250'] },
  ])
})

it('keeps no more causes than people read', () => {
  const tally = new FailureTally()
  for (let n = 0; n < 50; n++) tally.add(failure(n, `Reason ${n}.`))
  expect(tally.causes).toHaveLength(20)
})
