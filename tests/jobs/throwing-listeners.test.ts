import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useJobs } from './jobs-setup'
import { until, usePushes } from './push/push-setup'

const jobs = useJobs('throwing_listeners')
const pushes = usePushes('throwing_listeners_push')
const rejections: unknown[] = []
const onRejection = (reason: unknown) => void rejections.push(reason)
beforeEach(() => {
  rejections.length = 0
  process.on('unhandledRejection', onRejection)
})
afterEach(async () => {
  // Node tells of them after the microtasks of a turn.
  await new Promise((resolve) => setTimeout(resolve, 20))
  process.removeListener('unhandledRejection', onRejection)
  expect(rejections).toEqual([])
})

const failing = [
  [
    'throws',
    vi.fn(() => {
      throw new Error('the app’s own')
    }),
  ],
  [
    'rejects',
    vi.fn(async () => {
      throw new Error('the app’s own')
    }),
  ],
] as const

/** What was warned of. */
function listening() {
  const warned: string[] = []
  const silent = () => {}
  const logger = {
    debug: silent,
    info: silent,
    warn: (_: object, text?: string) => void warned.push(text ?? ''),
    error: silent,
  }
  return { warned, logger }
}

it.each(failing)('an onProgress that %s ends neither backfill nor reconcile, and is logged', async (_, onProgress) => {
  jobs.clerk.add(3)
  const { warned, logger } = listening()
  const clerkSync = jobs.clerkSync({ logger })
  expect(await clerkSync.backfill({ onProgress })).toMatchObject({ created: 3, complete: true })
  expect(await clerkSync.reconcile({ onProgress, apply: true })).toMatchObject({ inStep: 3, complete: true })
  expect(onProgress).toHaveBeenCalled()
  await until(() => warned.some((text) => text.startsWith('onProgress of your app threw')))
})

it.each(failing)('an onProgress that %s ends neither a push nor a registration', async (_, onProgress) => {
  const [id = ''] = await pushes.signUp()
  await pushes.change(id, { plan: 'pro' })
  expect(await pushes.clerkSync().push({ onProgress, compare: true })).toMatchObject({ pushed: 1, pending: 0 })
  await pushes.users.create({ email: 'local@example.com' })
  expect(await pushes.clerkSync().registerLocalUsers({ onProgress })).toMatchObject({ registered: 1, failed: 0 })
})

it.each(failing)('onFailure, onProgress and onError that each %s do not stop a worker', async (_, listener) => {
  const [id = ''] = await pushes.signUp()
  await pushes.change(id, { plan: 'pro' })
  listener.mockClear()
  let isAway = true
  const connect = () => {
    if (isAway) throw new Error('away')
  }
  const clerkSync = pushes.clerkSync({ connect, onError: listener })
  const worker = clerkSync.startPushWorker({ onFailure: listener, onProgress: listener, stopOnSigterm: false })
  await until(() => listener.mock.calls.length >= 2)
  isAway = false
  await until(() => pushes.sent().length > 0)
  await worker.stop()
})

it.each(failing)('callbacks of createClerkSync that each %s change no answer', async (_, listener) => {
  const logger = { debug: listener, info: listener, warn: listener, error: listener }
  const users = jobs.users
  await users.create({ email: 'held@example.com' })
  const { signClerkWebhook, fixtures } = await import('clerk-mongo-sync/testing')
  const signingSecret = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
  const clerkSync = jobs.clerkSync({ users, logger, signingSecret, onError: listener, onConflict: listener })
  const { headers, body } = signClerkWebhook(fixtures.userCreated(fixtures.user({ email: 'held@example.com' })), {
    signingSecret,
  })
  const deliver = (text: string) =>
    clerkSync.handler(new Request('http://localhost', { method: 'POST', headers, body: text }))
  expect((await deliver(body)).status).toBe(200)
  expect((await deliver(`${body} `)).status).toBe(400)
})
