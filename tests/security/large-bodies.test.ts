import { verifyClerkWebhook } from 'clerk-mongo-sync'
import { signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { genuine, signingSecret } from './adapters'

const KIB = 1024

/** Bodies that stop in the middle until they are resumed, with the number of bytes read of each. */
function stoppedBodies(count: number, size: number) {
  const ends: (() => void)[] = []
  const taken = Array.from({ length: count }, () => 0)
  const { headers } = genuine()
  const requests = taken.map((_, at) => {
    const ended = new Promise<void>((resolve) => ends.push(resolve))
    const body = new ReadableStream(
      {
        async pull(controller) {
          const sent = taken[at] ?? 0
          if (sent >= size / 2) await ended
          taken[at] = sent + 32 * KIB
          controller.enqueue(new Uint8Array(32 * KIB).fill(120))
          if (taken[at] >= size) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    return new Request('http://localhost/', { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
  })
  return { requests, taken, end: (at: number) => ends[at]?.(), endAll: () => ends.forEach((end) => void end()) }
}

const verify = (request: Request) =>
  verifyClerkWebhook(request, { signingSecret }).then(
    () => 'accepted',
    ({ code }: { code: string }) => code,
  )
const large = (taken: number[]) => taken.filter((bytes) => bytes > 96 * KIB).length

let cleanUp = () => {}
afterEach(() => {
  cleanUp()
  vi.useRealTimers()
})

test('four large bodies are read at once, and each that ends admits another', async () => {
  const bodies = stoppedBodies(40, 512 * KIB)
  cleanUp = bodies.endAll
  const verdicts = bodies.requests.map(verify)
  await vi.waitFor(() => expect(large(bodies.taken)).toBe(4))
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(large(bodies.taken)).toBe(4)
  // Waiting bodies were read only to the limit that needs no slot: 64 KiB, and the chunk that exceeded it.
  expect(bodies.taken.filter((bytes) => bytes <= 96 * KIB)).toHaveLength(36)

  bodies.end(bodies.taken.findIndex((bytes) => bytes > 96 * KIB))
  await vi.waitFor(() => expect(large(bodies.taken)).toBe(5))
  bodies.endAll()
  expect(new Set(await Promise.all(verdicts))).toEqual(new Set(['no_matching_signature']))
})

test('bodies of the usual size never wait for large ones', async () => {
  const bodies = stoppedBodies(8, 512 * KIB)
  cleanUp = bodies.endAll
  const verdicts = bodies.requests.map(verify)
  await vi.waitFor(() => expect(large(bodies.taken)).toBe(4))
  for (let sent = 0; sent < 20; sent++) {
    const { headers, body } = genuine()
    const started = performance.now()
    expect(await verify(new Request('http://localhost/', { method: 'POST', headers, body }))).toBe('accepted')
    expect(performance.now() - started).toBeLessThan(1_000)
  }
  bodies.endAll()
  await Promise.all(verdicts)
})

test('a large genuine body is accepted once there is room, after forged ones too', async () => {
  const bodies = stoppedBodies(4, 512 * KIB)
  cleanUp = bodies.endAll
  const stopped = bodies.requests.map(verify)
  await vi.waitFor(() => expect(large(bodies.taken)).toBe(4))
  const event = { type: 'user.created', data: { id: 'user_large', pad: 'x'.repeat(300 * KIB) } }
  const { headers, body } = signClerkWebhook(JSON.stringify(event), { signingSecret })
  const verdict = verify(new Request('http://localhost/', { method: 'POST', headers, body }))
  expect(await Promise.race([verdict, new Promise((resolve) => setTimeout(resolve, 200, 'waits'))])).toBe('waits')
  bodies.end(0)
  expect(await verdict).toBe('accepted')
  bodies.endAll()
  await Promise.all(stopped)
})
