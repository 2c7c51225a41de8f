import { TEST_EVENT } from '../events/test-event'
import { type SignedDelivery, signClerkWebhook } from './sign'

/** Signs a delivery that an endpoint verifies like any other, and that changes nothing. */
export const signTestDelivery = (signingSecret: string): SignedDelivery =>
  signClerkWebhook(JSON.stringify({ object: 'event', type: TEST_EVENT, data: {}, timestamp: Date.now() }), {
    signingSecret,
  })
