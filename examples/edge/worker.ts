import { verifyClerkWebhook, WebhookVerificationError } from 'clerk-mongo-sync'

interface Env {
  CLERK_WEBHOOK_SIGNING_SECRET: string
  /** The endpoint of the app that writes to MongoDB. */
  SYNC_URL: string
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
    try {
      await verifyClerkWebhook(request.clone(), { signingSecret: env.CLERK_WEBHOOK_SIGNING_SECRET })
    } catch (error) {
      if (error instanceof WebhookVerificationError) return new Response(error.code, { status: 400 })
      throw error
    }
    // The same bytes and headers: the app verifies the signature again, so it need not trust this worker.
    return fetch(new Request(env.SYNC_URL, request))
  },
}
