import { randomBytes } from 'node:crypto'
import { type Delivered, deliver } from '../../endpoint/deliver'
import { signTestDelivery } from '../../endpoint/test-delivery'
import { type Finding, redactedMessage } from '../../store/finding'

/** Beginning of the message for a route that was not called because there is no secret. */
export const UNSIGNED = 'No delivery was sent to the endpoint, because it could not be signed'

/**
 * Checks that the endpoint accepts a signed delivery that changes nothing, and refuses a forged one.
 * @param url `undefined` for the default one, for which an app that does not run is not an error.
 */
export async function checkRoute(
  url: string,
  { requireSecret, isDefaultUrl }: { requireSecret: () => string; isDefaultUrl: boolean },
): Promise<Finding[]> {
  const check = 'route'
  let signingSecret: string
  try {
    signingSecret = requireSecret()
  } catch (error) {
    return [{ check, verdict: 'skipped', message: `${UNSIGNED}: ${redactedMessage(error)}` }]
  }
  const delivered = await deliver(url, signTestDelivery(signingSecret))
  const { status, isDelivered, outcome, hint = '' } = delivered
  if (status === undefined && isDefaultUrl) {
    const remedy = `Start the app and run this again, which calls ${url}, or set another endpoint: --url <url>`
    return [{ check, verdict: 'skipped', message: hint, remedy }]
  }
  if (!isDelivered || outcome === undefined)
    return [{ check, verdict: 'problem', message: answerOf(url, delivered), remedy: hint }]
  const message = `${url} accepted a signed delivery (${outcome}, ${delivered.durationMs} ms).`
  return [{ check, verdict: 'ok', message }, await checkForgery(url)]
}

async function checkForgery(url: string): Promise<Finding> {
  const check = 'forgery'
  const { status, isDelivered } = await deliver(url, signTestDelivery(`whsec_${randomBytes(24).toString('base64')}`))
  const isRefused = status !== undefined && status >= 400 && status < 500
  if (isRefused)
    return {
      check,
      verdict: 'ok',
      message: `The endpoint refused a forged delivery (${status}); its log may show this.`,
    }
  if (!isDelivered) {
    const answer = status === undefined ? 'The endpoint did not answer' : `The endpoint answered ${status}`
    return {
      check,
      verdict: 'skipped',
      message: `${answer} to a forged delivery. Whether it refuses forged deliveries is unknown.`,
    }
  }
  return {
    check,
    verdict: 'problem',
    message: `${url} accepted a delivery signed with a wrong secret: anyone could write your users.`,
    remedy: 'Mount the handler of this library there, which verifies signatures, and no other handler before it.',
  }
}

function answerOf(url: string, { status }: Delivered): string {
  return status === undefined ? `${url} did not answer.` : `${url} answered ${status} to a signed delivery.`
}
