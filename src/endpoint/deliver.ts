import { timeLimit } from '../time/abort-with'
import { codeOf, explainAnswer, outcomeOf } from './explain-answer'
import type { SignedDelivery } from './sign'

/** Result of one delivery. */
export interface Delivered {
  /** Absent without a response. */
  status?: number
  /** The first two thousand characters of the response body. */
  body: string
  /** `outcome` in the body of our handler's response. */
  outcome?: string
  /** `error.code` in the body of our handler's refusal. */
  code?: string
  durationMs: number
  /** Whether Svix counts it as delivered: only 2xx. */
  isDelivered: boolean
  /** The probable cause of an unexpected response, and what to change. */
  hint?: string
}

/** Svix's time limit. https://docs.svix.com/retries */
const TIMEOUT_MS = 15_000

/** Sends a delivery as Svix does: without following redirects, with a time limit of 15 s. */
export async function deliver(
  url: string,
  { headers, body }: SignedDelivery,
  signal?: AbortSignal,
): Promise<Delivered> {
  const started = performance.now()
  const limit = timeLimit(TIMEOUT_MS, signal)
  try {
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: limit.signal })
    const text = (await response.text()).slice(0, 2_000)
    const { status } = response
    const outcome = outcomeOf(text)
    const code = codeOf(text)
    const hint = explainAnswer({ url, status, headers: response.headers, body: text })
    return {
      status,
      body: text,
      ...(outcome !== undefined && { outcome }),
      ...(code !== undefined && { code }),
      durationMs: Math.round(performance.now() - started),
      isDelivered: response.ok,
      ...(hint !== undefined && { hint }),
    }
  } catch (error) {
    const hint = explainFailure(url, error, limit.isLate)
    return { body: '', durationMs: Math.round(performance.now() - started), isDelivered: false, hint }
  } finally {
    limit.clear()
  }
}

function explainFailure(url: string, error: unknown, isTimeout: boolean): string {
  if (isTimeout) return `No answer within ${TIMEOUT_MS / 1_000} s. Svix stops waiting then, and retries later.`
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ECONNREFUSED')
    return `Nothing listens at ${new URL(url).origin}. Check that the app is running, and its port.`
  if (code === 'ENOTFOUND') return `The host ${new URL(url).hostname} does not exist.`
  return `${new URL(url).origin} did not answer${code ? ` (${code})` : ''}.`
}
