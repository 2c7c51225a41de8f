import type { ClerkUserJSON } from '../events'
import { clerkUserJSON } from '../map/clerk-user-json'
import { clerkGet } from './request'

export interface ClerkApi {
  /** The user as it is now, or `null` when Clerk has none by that id. */
  getUser(clerkId: string, deadline?: number): Promise<ClerkUserJSON | null>
}

/** The calls we make at Clerk's Backend API, or `undefined` where no secret key is given or set in the environment. */
export function createClerkApi(given: { secretKey?: string; apiUrl?: string }): ClerkApi | undefined {
  const env = globalThis.process?.env ?? {}
  const secretKey = given.secretKey ?? env.CLERK_SECRET_KEY
  if (!secretKey) return undefined
  const apiUrl = given.apiUrl ?? (env.CLERK_API_URL || 'https://api.clerk.com')
  return {
    async getUser(clerkId, deadline) {
      const json = await clerkGet({ secretKey, apiUrl }, `/users/${encodeURIComponent(clerkId)}`, deadline)
      return json === null ? null : clerkUserJSON(json as ClerkUserJSON)
    },
  }
}
