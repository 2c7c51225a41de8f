import {
  type ClerkStore,
  type ClerkSync,
  ClerkSyncError,
  type ClerkSyncOptions,
  createClerkSync,
} from 'clerk-mongo-sync'
import { createMemoryStore } from 'clerk-mongo-sync/testing'

export const signingSecret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
/** Time in milliseconds that the store takes for a slow user: more than `/short-budget` has. */
export const slowMs = 2_000

/** What each adapter of the contract serves, by path: all else that differs from outside is decided by what is delivered. */
export function createSubjects(): Record<'/webhook' | '/no-secret' | '/short-budget' | '/throwing', ClerkSync> {
  return {
    '/webhook': createSubject(),
    '/no-secret': createSubject({ signingSecret: [] }),
    '/short-budget': createSubject({ timeoutMs: 50 }),
    '/throwing': { ...createSubject(), handler: () => Promise.reject(new Error('An app wrapped the handler.')) },
  }
}

export function createSubject(options: Partial<ClerkSyncOptions> = {}): ClerkSync {
  return createClerkSync({ users: createTroubledStore(), signingSecret, logger: false, ...options })
}

/** The memory store, which fails for certain user ids. */
function createTroubledStore(): ClerkStore {
  const store = createMemoryStore()
  return {
    ...store,
    async upsertFromClerk(user, context) {
      const id = 'id' in user ? user.id : ''
      if (id.startsWith('user_slow')) await new Promise((resolve) => setTimeout(resolve, slowMs))
      if (id.startsWith('user_broken')) throw new Error('E-mail ada@example.com cannot be stored')
      if (id.startsWith('user_refused')) throw new ClerkSyncError('database_failed', 'MongoDB does not answer.')
      if (id.startsWith('user_taken'))
        return { outcome: 'conflict', clerkId: id, conflict: { code: 'conflict', path: 'email', message: 'Taken.' } }
      return store.upsertFromClerk(user, context)
    },
  }
}
