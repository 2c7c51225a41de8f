import { type ClerkClient, createClerkClient } from '@clerk/backend'
import { createFakeClerk, type FakeClerk, type FakeClerkOptions } from 'clerk-mongo-sync/testing'
import { afterEach, beforeEach } from 'vitest'

/** A fake Clerk and Clerk's SDK connected to it, new for each test. */
export function useFakeClerk(options: FakeClerkOptions = { rateLimit: false }) {
  const fake = {} as { clerk: FakeClerk; sdk: ClerkClient }
  beforeEach(async () => {
    fake.clerk = await createFakeClerk(options)
    fake.sdk = createClerkClient({ secretKey: fake.clerk.secretKey, apiUrl: fake.clerk.url })
  })
  afterEach(() => fake.clerk.close())
  return fake
}

/** A request that the SDK cannot send. */
export async function ask(clerk: FakeClerk, path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${clerk.secretKey}`, 'content-type': 'application/json', ...init.headers }
  const response = await fetch(`${clerk.url}/v1${path}`, { ...init, headers })
  return { status: response.status, headers: response.headers, json: await response.json() }
}

/** The types of the events so far, in order. */
export const typesOf = (clerk: FakeClerk) => clerk.events().map(({ type }) => type)

/** The error of Clerk's SDK for a refused request. */
export async function refusalOf(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  )
  const { status, clerkTraceId, retryAfter, errors } = error ?? {}
  return { status, clerkTraceId, retryAfter, code: errors?.[0]?.code, param: errors?.[0]?.meta?.paramName }
}
