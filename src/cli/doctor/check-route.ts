import { randomBytes } from 'node:crypto'
import { type Finding, told } from '../../store/finding'
import { signClerkWebhook } from '../../testing/sign'
import { type Delivered, deliver } from '../project/deliver'

/** Beginning of the message for a route that was not called because there is no secret. */
export const UNSIGNED = 'No delivery could be signed for the endpoint'

/** An event type that Clerk does not have: verified like any other, then ignored. */
const harmless = { object: 'event', type: 'clerk-mongo-sync.doctor', data: {} } as const

/**
 * Checks that the endpoint accepts a signed delivery that changes nothing, and refuses a forged one.
 * @param url `undefined` for the default one, for which an app that does not run is not an error.
 */
export async function checkRoute(
  url: string,
  { requireSecret, isUsual }: { requireSecret: () => string; isUsual: boolean },
): Promise<Finding[]> {
  const check = 'route'
  let signingSecret: string
  try {
    signingSecret = requireSecret()
  } catch (error) {
    return [{ check, verdict: 'skipped', message: `${UNSIGNED}: ${told(error)}` }]
  }
  const delivered = await deliver(url, sign(signingSecret))
  const { status, isDelivered, outcome, hint = '' } = delivered
  if (status === undefined && isUsual) {
    const remedy = `Start the app and run this again (it tries ${url}), or name the endpoint: --url <url>`
    return [{ check, verdict: 'skipped', message: hint, remedy }]
  }
  if (!isDelivered || outcome === undefined)
    return [{ check, verdict: 'problem', message: answerOf(url, delivered), remedy: hint }]
  const message = `${url} took a signed delivery (${outcome}, ${delivered.durationMs} ms).`
  return [{ check, verdict: 'ok', message }, await checkForgery(url)]
}

async function checkForgery(url: string): Promise<Finding> {
  const check = 'forgery'
  const { status, isDelivered } = await deliver(url, sign(`whsec_${randomBytes(24).toString('base64')}`))
  const isRefused = status !== undefined && status >= 400 && status < 500
  if (isRefused)
    return { check, verdict: 'ok', message: `It refused a forged one (${status}), which its log may show.` }
  if (!isDelivered) {
    const answer = status === undefined ? 'It did not answer' : `It answered ${status}`
    return {
      check,
      verdict: 'skipped',
      message: `${answer} to a forged delivery: whether it refuses such is not known.`,
    }
  }
  return {
    check,
    verdict: 'problem',
    message: `${url} took a delivery that was signed with a wrong secret: anybody could write your users.`,
    remedy: 'Mount the handler of this library there, which verifies, and nothing in front of it that answers.',
  }
}

const sign = (signingSecret: string) =>
  signClerkWebhook(JSON.stringify({ ...harmless, timestamp: Date.now() }), { signingSecret })

function answerOf(url: string, { status }: Delivered): string {
  return status === undefined ? `${url} did not answer.` : `${url} answered ${status} to a signed delivery.`
}
