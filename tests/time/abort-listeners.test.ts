import { getEventListeners } from 'node:events'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requireClerkApi } from '../../src/clerk-api/clerk-api'
import { deliver } from '../../src/endpoint/deliver'
import { readAhead } from '../../src/jobs/clerk/read-ahead'
import { postMessage } from '../../src/testing/fake-clerk/post-message'
import { type ClerkList, startClerkList } from '../jobs/clerk-list'
import { until, usePushes } from '../jobs/push/push-setup'

const signingSecret = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
const { signal } = new AbortController()
let clerk: ClerkList

beforeEach(async () => {
  clerk = await startClerkList()
})
afterEach(() => clerk.close())

/** What a signal holds on to: listeners, and signals that `AbortSignal.any` made of it. */
function heldBy(held: AbortSignal): number {
  const dependants = Object.getOwnPropertySymbols(held).find(({ description }) => description === 'kDependantSignals')
  const signals = dependants ? (held as unknown as Record<symbol, Set<unknown> | undefined>)[dependants] : undefined
  return getEventListeners(held, 'abort').length + (signals?.size ?? 0)
}

describe('a long-lived signal has no listeners left of', () => {
  afterEach(() => expect(heldBy(signal)).toBe(0))

  it('completed calls to Clerk, successful or not', async () => {
    const [user] = clerk.add(1)
    const api = requireClerkApi(clerk.access)
    for (const id of [user?.id ?? '', 'user_none']) await api.getUser(id, undefined, signal)
    clerk.status = 401
    await expect(api.listUsers({ limit: 1 }, { signal })).rejects.toThrow()
  })

  it('a prefetch, completed or not', async () => {
    async function* numbers() {
      yield 1
      yield 2
    }
    for await (const _ of readAhead(numbers, signal));
    for await (const _ of readAhead(numbers, signal)) break
  })

  it('deliveries of the command line and of the fake Clerk', async () => {
    const signed = signClerkWebhook(fixtures.userCreated(), { signingSecret })
    await deliver(clerk.access.apiUrl, signed, signal)
    await deliver('http://127.0.0.1:9', signed, signal)
    const message = { id: 'msg_1', type: 'user.created', body: signed.body }
    await postMessage(message as never, { url: clerk.access.apiUrl, signingSecret, timeoutMs: 1_000, signal })
  })
})

describe('a round of pushes', () => {
  const setup = usePushes('abort_listeners')

  it('leaves no listener at its signal, however long it is', async () => {
    const controller = new AbortController()
    const ids = await setup.signUp(10)
    for (const id of ids) await setup.change(id, { plan: 'pro' })
    const held: number[] = []
    await setup.clerkSync().push({ signal: controller.signal, onProgress: () => held.push(heldBy(controller.signal)) })
    expect(held).toHaveLength(10)
    expect(Math.max(...held)).toBeLessThanOrEqual(2)
    expect(heldBy(controller.signal)).toBe(0)
  })

  it('leaves no listener at the signal of a stopped worker', async () => {
    const controller = new AbortController()
    const [id = ''] = await setup.signUp()
    await setup.change(id, { plan: 'pro' })
    const worker = setup.clerkSync().startPushWorker({ signal: controller.signal, stopOnSigterm: false })
    await until(() => setup.sent().length > 0)
    await worker.stop()
    expect(heldBy(controller.signal)).toBe(0)
  })
})
