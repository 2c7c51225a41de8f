import { expect, it } from 'vitest'
import { FailureTally } from '../../src/jobs/run/failure-tally'

const failure = (n: number, message: string) => ({ clerkId: `user_${n}`, code: 'clerk_api_failed' as const, message })

it('a failure tally counts messages that differ only by user and trace as one cause, beyond the hundred that are named', () => {
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

it('a failure tally keeps a limited number of causes', () => {
  const tally = new FailureTally()
  for (let n = 0; n < 50; n++) tally.add(failure(n, `Reason ${n}.`))
  expect(tally.causes).toHaveLength(20)
})
