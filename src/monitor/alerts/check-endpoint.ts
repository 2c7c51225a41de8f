import { deliver } from '../../endpoint/deliver'
import { signTestDelivery } from '../../endpoint/test-delivery'
import { errorCodeOf } from '../../errors'
import type { SigningSecret } from '../../resolved-options'
import { sleep } from '../../time/sleep'
import { resolveSecrets } from '../../webhook/verify'
import type { RuleFinding } from './alert'
import { publicText } from './words'

/** What is called, and how. */
export interface CheckedEndpoint {
  url: string
  signingSecret: SigningSecret | undefined
  /** Time before a failed delivery is repeated, in milliseconds. */
  retryAfterMs: number
  signal: AbortSignal | undefined
}

const rule = 'endpoint'

/** Applies the rule `endpoint`: sends a signed test delivery, as Svix does, and a second one if the first fails. */
export async function checkEndpoint(endpoint: CheckedEndpoint): Promise<RuleFinding> {
  const first = await tryOnce(endpoint)
  if (first.verdict !== 'problem') return first
  await sleep(endpoint.retryAfterMs, endpoint.signal).catch(() => {})
  return tryOnce(endpoint)
}

async function tryOnce({ url, signingSecret, signal }: CheckedEndpoint): Promise<RuleFinding> {
  const signed = sign(signingSecret)
  if (typeof signed === 'string')
    return { rule, verdict: 'unknown', message: `The test delivery could not be signed (${signed}).`, isSetting: true }
  const { status, isDelivered, outcome, durationMs, hint = '' } = await deliver(url, signed, signal)
  if (signal?.aborted) return { rule, verdict: 'unknown', message: 'The monitor was stopped.' }
  const { origin, pathname } = new URL(url)
  const where = `${origin}${pathname}`
  if (isDelivered && outcome !== undefined)
    return { rule, verdict: 'ok', message: publicText(`${where} accepted a test delivery in ${durationMs} ms.`) }
  const answer = status === undefined ? 'did not answer' : `answered ${status} to`
  return {
    rule,
    verdict: 'problem',
    message: publicText(`${where} ${answer} a signed test delivery.`),
    remedy: publicText(hint),
  }
}

/** The signed delivery, or the code of what is wrong with the secret. */
function sign(signingSecret: SigningSecret | undefined) {
  try {
    return signTestDelivery(resolveSecrets(signingSecret)[0] as string)
  } catch (error) {
    return errorCodeOf(error)
  }
}
