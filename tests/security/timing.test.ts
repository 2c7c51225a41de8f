import { verifyClerkWebhook } from 'clerk-mongo-sync'
import { afterEach, expect, test, vi } from 'vitest'
import { genuine, signingSecret } from './adapters'

afterEach(() => {
  vi.restoreAllMocks()
})

/** The number of bytes that a comparison of signatures reads. Its time would show this number. */
async function bytesCompared(change: (signature: string) => string) {
  const { headers, body } = genuine()
  const signature = change(headers['svix-signature'] ?? '')
  const compared = vi.spyOn(DataView.prototype, 'getUint8')
  const verdict = await verifyClerkWebhook(body, { ...headers, 'svix-signature': signature }, { signingSecret }).then(
    () => 'accepted',
    () => 'refused',
  )
  const count = compared.mock.calls.length
  compared.mockRestore()
  return { verdict, count }
}

const otherLetter = (letter = '') => (letter === 'A' ? 'B' : 'A')
const changedAt = (at: number) => (signature: string) =>
  signature.slice(0, at) + otherLetter(signature[at]) + signature.slice(at + 1)

test('a comparison reads every byte of a signature, wherever the first wrong one is', async () => {
  const whole = await bytesCompared((signature) => signature)
  expect(whole).toEqual({ verdict: 'accepted', count: 2 * 44 })
  for (const at of [3, 4, 10, 24, 40, 45]) {
    expect(await bytesCompared(changedAt(at))).toEqual({ verdict: 'refused', count: whole.count })
  }
  expect(await bytesCompared(() => `v1,${'A'.repeat(44)}`)).toEqual({ verdict: 'refused', count: whole.count })
})

test('a comparison reads no byte of a signature of another length, as the length is public', async () => {
  expect(await bytesCompared((signature) => signature.slice(0, -4))).toEqual({ verdict: 'refused', count: 0 })
})
