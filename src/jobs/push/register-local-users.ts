import { isClerkSyncError } from '../../errors'
import { count } from '../../number-options'
import { type FailureCause, FailureTally } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import type { PushContext } from './push-context'
import { registerUser } from './register-user'
import type { RegisterOptions } from './registration-body'
import { isForAll } from './registration-refused'

/** Options of `registerLocalUsers()`. */
export interface RegisterLocalUsersOptions extends RegisterOptions {
  /** Stop after about this many accounts. */
  limit?: number
  /** Only count. @default false */
  dryRun?: boolean
  /** Called after each account. */
  onProgress?: (progress: RegisterLocalUsersProgress) => void
  /** Ends the run. The next run continues with the remaining accounts. */
  signal?: AbortSignal
}

/** Argument of `onProgress`. */
export interface RegisterLocalUsersProgress {
  /** Local accounts processed. */
  seen: number
  /** Created in Clerk and linked; with `dryRun`, those that would be. */
  registered: number
  /** Accounts skipped because they have neither an e-mail address nor a username to sign in with. */
  skipped: number
  /** Accounts that could not be created or linked. */
  failed: number
  /** Local accounts at the start. */
  total: number
}

/** Result of `registerLocalUsers()`. */
export interface RegisterLocalUsersResult extends RegisterLocalUsersProgress {
  /** Failures, the first hundred. `clerkId` is empty; `message` names the account's `_id`. */
  failures: JobFailure[]
  /** All failures, counted by cause. */
  causes: FailureCause[]
}

/** After this many successive failures that are not the accounts', the run ends. */
const MAX_FAILURES_IN_A_ROW = 3
/** No request is waiting, so retries may take a minute. */
const longLimits = { retries: 7 }
/** Codes of errors that concern one account. */
const ofAccount: readonly string[] = ['registration_refused', 'conflict', 'push_refused', 'id_mismatch']

/**
 * Creates a Clerk user for each local account, one after the other, because Clerk limits requests that create users.
 */
export async function registerLocalUsers(
  context: PushContext,
  options: RegisterLocalUsersOptions,
): Promise<RegisterLocalUsersResult> {
  const { store, writeContext } = context
  const { signal, onProgress } = options
  const limit = count('limit', options.limit ?? Number.POSITIVE_INFINITY)
  const total = await store.countLocalAccounts(writeContext())
  const progress: RegisterLocalUsersProgress = { seen: 0, registered: 0, skipped: 0, failed: 0, total }
  const tally = new FailureTally()
  let failuresInARow = 0
  for await (const localId of store.localAccounts({ ...writeContext(), ...(signal && { signal }) })) {
    if (signal?.aborted || progress.seen >= limit) break
    progress.seen++
    try {
      progress[await registerOne(context, localId, options)]++
      failuresInARow = 0
    } catch (error) {
      // The last user may have been created; the next run finds it.
      if (signal?.aborted) break
      if (!isClerkSyncError(error) || isForAll(error)) throw error
      failuresInARow = ofAccount.includes(error.code) ? 0 : failuresInARow + 1
      if (
        error.code === 'clerk_key_invalid' ||
        error.code === 'database_failed' ||
        failuresInARow >= MAX_FAILURES_IN_A_ROW
      )
        throw error
      progress.failed++
      const message = `Local account ${String(localId)}: ${error.message}`
      tally.add({ clerkId: '', code: error.code, message }, { example: String(localId), message: error.message })
    }
    onProgress?.({ ...progress })
  }
  return { ...progress, failures: tally.failures, causes: tally.causes }
}

async function registerOne(
  context: PushContext,
  localId: unknown,
  options: RegisterLocalUsersOptions,
): Promise<'registered' | 'skipped'> {
  const { signal } = options
  const local = await context.store.forRegistration(localId, context.writeContext())
  if (!local || (local.email === undefined && local.username === undefined)) return 'skipped'
  if (!options.dryRun) await registerUser(context, localId, options, { ...longLimits, ...(signal && { signal }) })
  return 'registered'
}
