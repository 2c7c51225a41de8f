import { isClerkSyncError } from '../../errors'
import { count } from '../../number-options'
import { type FailureCause, FailureTally } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import type { PushContext } from './push-context'
import { registerUser } from './register-user'
import type { RegisterOptions } from './registration-body'
import { isForAll } from './registration-refused'

export interface RegisterLocalUsersOptions extends RegisterOptions {
  /** Stop after about this many accounts. */
  limit?: number
  /** Count, make nobody. @default false */
  dryRun?: boolean
  onProgress?: (progress: RegisterLocalUsersProgress) => void
  /** Ends the run; it can be started again, and goes on with the rest. */
  signal?: AbortSignal
}

export interface RegisterLocalUsersProgress {
  /** Local accounts looked at. */
  seen: number
  /** Made at Clerk and linked; with `dryRun`, that would be. */
  registered: number
  /** Without an e-mail address and a username: Clerk would have nobody to sign in. */
  skipped: number
  failed: number
  /** Local accounts there were at the start. */
  total: number
}

export interface RegisterLocalUsersResult extends RegisterLocalUsersProgress {
  /** The first hundred; `clerkId` is empty, `message` names the account's `_id`. */
  failures: JobFailure[]
  /** The same accounts, all of them, counted by cause. */
  causes: FailureCause[]
}

/** So many failures one after the other that are not about the accounts, and nothing gets through. */
const MAX_STRIKES = 3
/** Nobody waits: rather a minute than an account left out. */
const patient = { retries: 7 }
/** What is about one account. */
const ofAccount: readonly string[] = ['registration_refused', 'conflict', 'push_refused', 'id_mismatch']

/** Makes a Clerk user for each local account, one after the other: Clerk allows few requests that make users. */
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
  let strikes = 0
  for await (const localId of store.localAccounts({ ...writeContext(), ...(signal && { signal }) })) {
    if (signal?.aborted || progress.seen >= limit) break
    progress.seen++
    try {
      progress[await registerOne(context, localId, options)]++
      strikes = 0
    } catch (error) {
      // Whether the last one was made is not known: the next run finds it.
      if (signal?.aborted) break
      if (!isClerkSyncError(error) || isForAll(error)) throw error
      strikes = ofAccount.includes(error.code) ? 0 : strikes + 1
      if (error.code === 'clerk_key_invalid' || error.code === 'database_failed' || strikes >= MAX_STRIKES) throw error
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
  if (!options.dryRun) await registerUser(context, localId, options, { ...patient, ...(signal && { signal }) })
  return 'registered'
}
