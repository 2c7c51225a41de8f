import { expect, it, vi } from 'vitest'
import { usePushes } from './push-setup'

vi.setConfig({ testTimeout: 60_000 })
const setup = usePushes('jobs_push_meddled')
const { clerkSync, signUp, change, read, sent } = setup

it('a push overwrites a change at Clerk between the read and the last call, even if its event is lost', async () => {
  const [id = ''] = await signUp()
  await setup.deliver()
  await change(id, { plan: 'pro', firstName: 'Augusta', $unset: { 'billing.seats': 1 } })
  let hasMeddled = false
  setup.clerk.misbehave(() => {
    if (!hasMeddled) {
      hasMeddled = true
      setup.clerk.users.mergeMetadata(id, { public_metadata: { plan: 'max', billing: { seats: 9 } } })
    }
    return { lose: true }
  })
  expect(await clerkSync().push()).toMatchObject({ pushed: 1, failed: 0, pending: 0 })
  expect(setup.clerk.users.get(id)).toMatchObject({ first_name: 'Augusta', public_metadata: { plan: 'pro' } })
  expect(setup.clerk.users.get(id)?.public_metadata.billing).not.toHaveProperty('seats')
  expect(sent().map(({ path }) => path.slice(`/users/${id}`.length))).toEqual(['/metadata', '', '/metadata'])
  expect(await read(id)).toMatchObject({
    syncStatus: 'active',
    clerkUpdatedAt: new Date(setup.clerk.users.get(id)?.updated_at ?? 0),
  })
})
