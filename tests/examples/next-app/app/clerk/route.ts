import { verifyWebhook } from '@clerk/nextjs/webhooks'
import type { NextRequest } from 'next/server'
import { signingSecret } from '../../subject'

/** Clerk's helper: 200 if it verifies the delivery, else 400. */
export async function POST(request: NextRequest): Promise<Response> {
  const isVerified = await verifyWebhook(request, { signingSecret }).then(
    () => true,
    () => false,
  )
  return new Response(null, { status: isVerified ? 200 : 400 })
}
