// Measures how long it takes to verify a delivery, with the library and with what apps call otherwise.

import { verifyWebhook } from '@clerk/backend/webhooks'
import { verifyClerkWebhook } from 'clerk-mongo-sync'
import { fixtures, type SignedDelivery, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook } from 'svix'
import { answerParent } from '../shared/answer-parent'
import { type Cost, drive } from '../shared/drive'
import { rotated } from '../shared/statistics'

export interface Question {
  rounds: number
  /** Bytes that are verified with each verifier, size and round: fewer deliveries of the larger ones. */
  bytes: number
}

export interface Sample extends Cost {
  verifier: string
  /** Bytes of the body. */
  size: number
  isForged: boolean
  round: number
}

const secretOf = (text: string) => `whsec_${Buffer.from(text.padEnd(24, '.')).toString('base64')}`
const signingSecret = secretOf('of the endpoint')
const KIB = 1024
const sizes = [300, 3 * KIB, 64 * KIB, KIB * KIB]

/** Reads the body, verifies it, and parses it. Each rejects a forged one. */
const verifiers: Record<string, (request: Request) => Promise<unknown>> = {
  ours: (request) => verifyClerkWebhook(request, { signingSecret }),
  svix: async (request) => {
    const body = await request.text()
    new Webhook(signingSecret).verify(body, headersOf(request, 'svix'))
    return JSON.parse(body)
  },
  standardwebhooks: async (request) =>
    new StandardWebhook(signingSecret).verify(await request.text(), headersOf(request, 'webhook')),
  '@clerk/backend': (request) => verifyWebhook(request, { signingSecret }),
}

/** Svix's headers, under the names that a verifier reads. */
function headersOf({ headers }: Request, prefix: string): Record<string, string> {
  const names = ['id', 'timestamp', 'signature']
  return Object.fromEntries(names.map((name) => [`${prefix}-${name}`, headers.get(`svix-${name}`) ?? '']))
}

/** A signed event whose body has exactly this size. */
function deliveryOf(size: number, isForged: boolean): SignedDelivery {
  const event = fixtures.userDeleted()
  const make = (padding: string) => ({ ...event, event_attributes: { http_request: { user_agent: padding } } })
  const padding = 'x'.repeat(size - JSON.stringify(make('')).length)
  return signClerkWebhook(make(padding), { signingSecret: isForged ? secretOf('of another one') : signingSecret })
}

answerParent<Question>(async ({ rounds, bytes }) => {
  const samples: Sample[] = []
  // The first one is the warm-up.
  for (let round = -1; round < rounds; round++) {
    for (const size of sizes) {
      for (const isForged of [false, true]) {
        const count = Math.min(2_000, Math.ceil(bytes / size))
        const deliveries = Array.from({ length: count }, () => deliveryOf(size, isForged))
        for (const verifier of rotated(Object.keys(verifiers), Math.max(0, round))) {
          const cost = await verifyAll(verifier, deliveries, isForged)
          if (round >= 0) samples.push({ verifier, size, isForged, round, ...cost })
        }
      }
    }
  }
  return samples
})

function verifyAll(verifier: string, deliveries: readonly SignedDelivery[], isForged: boolean): Promise<Cost> {
  const verify = verifiers[verifier] as (request: Request) => Promise<unknown>
  const requests = deliveries.map((one) => new Request('http://localhost/', { method: 'POST', ...one }))
  return drive(requests, 1, async (request) => {
    const isAccepted = await verify(request).then(
      () => true,
      () => false,
    )
    if (isAccepted === isForged) throw new Error(`${verifier} judged a delivery wrongly.`)
  })
}
