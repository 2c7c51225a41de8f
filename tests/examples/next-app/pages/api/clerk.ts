import { verifyWebhook } from '@clerk/nextjs/webhooks'
import type { NextApiRequest, NextApiResponse } from 'next'
import { signingSecret } from '../../subject'

/** The same in the Pages Router, where the helper takes the parsed body. */
export default async function handler(request: NextApiRequest, response: NextApiResponse): Promise<void> {
  const isVerified = await verifyWebhook(request, { signingSecret }).then(
    () => true,
    () => false,
  )
  response.status(isVerified ? 200 : 400).end()
}
