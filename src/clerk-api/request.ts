import { ClerkSyncError } from '../errors'

export interface ClerkApiOptions {
  secretKey: string
  /** Without `/v1`. */
  apiUrl: string
}

/** Clerk's version of the API that the JSON types here follow. */
const API_VERSION = '2026-05-12'
const TIMEOUT_MS = 5_000

/**
 * The answer to a GET at Clerk's Backend API, or `null` where Clerk has nothing by that id (404).
 * @throws {ClerkSyncError} `clerk_api_failed` for any other answer, and for none within five seconds.
 */
export async function clerkGet(
  options: ClerkApiOptions,
  path: string,
  deadline = Number.POSITIVE_INFINITY,
): Promise<unknown> {
  const timeLeft = Math.max(1, Math.min(TIMEOUT_MS, deadline - Date.now()))
  // fetch would quote the whole header in its error.
  if (!/^[!-~]+$/.test(options.secretKey)) {
    throw failed(
      'The Clerk secret key contains white space or other characters that no key has (a line break at its end?).',
    )
  }
  const response = await fetch(`${options.apiUrl.replace(/\/+$/, '')}/v1${path}`, {
    headers: { authorization: `Bearer ${options.secretKey}`, 'clerk-api-version': API_VERSION },
    signal: AbortSignal.timeout(timeLeft),
  }).catch((cause: unknown) => {
    throw failed(`Clerk's API could not be reached for GET ${path}, or not in time.`, cause)
  })
  if (response.status === 404) return null
  if (!response.ok) throw failed(`Clerk's API answered ${response.status} to GET ${path}. ${hint(response.status)}`)
  return response.json().catch((cause: unknown) => {
    throw failed(
      `Clerk's API answered GET ${path} with something that is no JSON, or broke off. Is apiUrl right?`,
      cause,
    )
  })
}

function failed(message: string, cause?: unknown): ClerkSyncError {
  return new ClerkSyncError('clerk_api_failed', message, { cause })
}

function hint(status: number): string {
  if (status === 401 || status === 403) return 'Is CLERK_SECRET_KEY the key of this instance?'
  return status === 429 ? 'Too many requests in ten seconds.' : 'It may work again later.'
}
