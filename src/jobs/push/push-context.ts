import type { ClerkApi } from '../../clerk-api/clerk-api'
import { ClerkSyncError } from '../../errors'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import type { PushStore } from '../../store/push-store'
import type { WriteContext, WriteResult } from '../../store/write'
import { prepareCalls } from '../run/job-context'
import type { UserThrottle } from './user-throttle'

/** What push jobs work with. */
export interface PushContext {
  api: ClerkApi
  store: PushStore
  options: ResolvedClerkSyncOptions
  throttle: UserThrottle
  /** Must be called for each command, because it contains the command's deadline. */
  writeContext(): WriteContext
  /** Applies the deletion of a user that Clerk no longer has. */
  deleteUser(clerkId: string): Promise<void>
}

const COMMAND_MS = 30_000

/**
 * Checks that pushing is possible, and connects.
 * @throws {ClerkSyncError} `store_unfit` if nothing is owned, `clerk_key_missing`, `clerk_instance_mismatch`, and those
 * of the API.
 */
export async function preparePush(
  options: ResolvedClerkSyncOptions,
  throttle: UserThrottle,
  signal?: AbortSignal,
): Promise<PushContext> {
  const store = requirePushStore(options)
  const api = await prepareCalls(options, signal)
  const { rules, logger } = options
  const writeContext = () => ({ ...rules, logger, fetchUser: api.getUser, deadline: Date.now() + COMMAND_MS })
  return {
    api,
    store,
    options,
    throttle,
    writeContext,
    async deleteUser(clerkId) {
      await deleteUser(options, clerkId)
    },
  }
}

/** Applies a user's deletion in Clerk to the store. The hook stays pending until Clerk's own message arrives. */
export function deleteUser(options: ResolvedClerkSyncOptions, clerkId: string): Promise<WriteResult> {
  const { store, rules, logger, hooks } = options
  const marks = hooks.size > 0 ? { hasHooks: true } : {}
  return store.deleteFromClerk(clerkId, { ...rules, logger, marks, deadline: Date.now() + COMMAND_MS })
}

/**
 * Returns the push queue of the store.
 * @throws {ClerkSyncError} `store_unfit`
 */
export function requirePushStore({ store }: ResolvedClerkSyncOptions): PushStore {
  const pushes = store.pushes?.()
  if (pushes) return pushes
  throw new ClerkSyncError(
    'store_unfit',
    'Pushing requires the option `push` of clerkSyncPlugin, which lists the fields that MongoDB owns.',
  )
}
