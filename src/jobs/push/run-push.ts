import { refusalOf } from '../../clerk-api/refusal'
import { sleep } from '../../clerk-api/sleep'
import { isClerkSyncError } from '../../errors'
import type { PushClaim } from '../../push-store'
import type { JobFailure } from '../backfill'
import { type Brought, bringToClerk, type CallLimits } from './bring-to-clerk'
import { findDifferences } from './find-differences'
import type { PushContext } from './push-context'

export interface PushOptions {
  /** Stop after about this many users. @default all that are due */
  limit?: number
  /** Stop taking on users after this time, in milliseconds: for cron routes of serverless hosts. @default none */
  timeoutMs?: number
  /** Look, send nothing: `pending` says how many are due. @default false */
  dryRun?: boolean
  /** First compare every user with Clerk, to find changes that mongoose did not see. @default false */
  compare?: boolean
  onProgress?: (progress: PushProgress) => void
  /** Ends the run; what was claimed is given back. */
  signal?: AbortSignal
}

export interface PushProgress {
  /** Brought to Clerk. */
  pushed: number
  /** Found to be in step: nothing was sent. */
  unchanged: number
  /** Given up, or to be tried again later. */
  failed: number
  /** With `compare`: users compared so far. */
  compared: number
  /** Users there were to do at the start, or to compare. */
  total: number
}

export interface PushResult extends PushProgress {
  /** Users with a change still to be pushed, those that are to be tried again included. */
  pending: number
  /** With `compare`: users found to differ, by mongoose unseen. */
  found: number
  /** The first hundred. */
  failures: JobFailure[]
}

/** How often a change is tried before it is given up: over some ten hours. */
const MAX_ATTEMPTS = 10
const LEASE_MS = 60_000
const AT_ONCE = 8
/** Two calls a user and push, and Clerk allows ten in ten seconds. */
const PAUSE_PER_USER_MS = 2_500
const MAX_FAILURES = 100

/** Pushes what is due, the oldest change first. Any number of processes may do so at once. */
export async function runPush(context: PushContext, options: PushOptions): Promise<PushResult> {
  const round = new Round(context, options)
  await round.count()
  if (options.compare) await round.compare()
  if (!options.dryRun) await Promise.all(Array.from({ length: AT_ONCE }, () => round.work()))
  return round.result()
}

class Round {
  readonly #progress: PushProgress = { pushed: 0, unchanged: 0, failed: 0, compared: 0, total: 0 }
  readonly #failures: JobFailure[] = []
  readonly #end: number
  readonly #stop = new AbortController()
  #found = 0
  #left: number

  constructor(
    private readonly context: PushContext,
    private readonly options: PushOptions,
  ) {
    this.#left = options.limit ?? Number.POSITIVE_INFINITY
    this.#end = Date.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY)
    options.signal?.addEventListener('abort', () => this.#stop.abort(options.signal?.reason), { once: true })
    if (options.signal?.aborted) this.#stop.abort(options.signal.reason)
  }

  async count(): Promise<void> {
    const { store, api, writeContext } = this.context
    this.#progress.total = this.options.compare
      ? await api.countUsers({ signal: this.#stop.signal })
      : Math.min(this.#left, await store.countDue(writeContext()))
  }

  async compare(): Promise<void> {
    const { store, writeContext } = this.context
    for await (const { clerkId, differs } of findDifferences(this.context, this.#stop.signal)) {
      this.#progress.compared++
      if (differs) {
        this.#found++
        if (!this.options.dryRun) await store.markDue(clerkId, writeContext())
      }
      this.#tell()
    }
  }

  /** Takes one user after the other until none is due. */
  async work(): Promise<void> {
    while (this.#left > 0 && Date.now() < this.#end && !this.#stop.signal.aborted) {
      this.#left--
      const [claim] = await this.context.store.claim(1, LEASE_MS, this.context.writeContext())
      if (!claim) return
      await this.#push(claim)
      this.#tell()
    }
  }

  async #push(claim: PushClaim): Promise<void> {
    const { store, api, writeContext, paces } = this.context
    await sleep(paces.waitFor(claim.clerkId, PAUSE_PER_USER_MS), this.#stop.signal).catch(() => {})
    const limits: CallLimits = { deadline: Math.min(this.#end, Date.now() + LEASE_MS / 2), signal: this.#stop.signal }
    const brought = await bringToClerk(api, store.places, claim, limits)
    if (brought.answers.length > 0) paces.note(claim.clerkId)
    if (brought.kind === 'gone') await this.#bury(claim)
    else if (brought.kind === 'failed') await this.#failed(claim, brought)
    else {
      await store.settle(claim, brought.seen, writeContext())
      this.#progress[brought.answers.length > 0 ? 'pushed' : 'unchanged']++
    }
  }

  /** Clerk has no such user: it ends here as any deleted one does. */
  async #bury({ clerkId }: PushClaim): Promise<void> {
    await this.context.deleteUser(clerkId)
    this.#progress.unchanged++
  }

  async #failed(claim: PushClaim, { error, answers }: Extract<Brought, { kind: 'failed' }>): Promise<void> {
    const { store, writeContext, options } = this.context
    const isWrongKey = isClerkSyncError(error) && error.code === 'clerk_key_invalid'
    if (this.#stop.signal.aborted || isWrongKey) {
      if (answers.length === 0) await store.release(claim, writeContext())
      else await store.retryLater(claim, Date.now(), writeContext(), answers)
      // No user can be pushed with it.
      if (isWrongKey) throw error
      return
    }
    if (isFinal(error) || claim.attempts + 1 >= MAX_ATTEMPTS) await store.fail(claim, writeContext(), answers)
    else await store.retryLater(claim, Date.now() + waitAfter(claim.attempts, error), writeContext(), answers)
    this.#progress.failed++
    const failure = describe(claim.clerkId, error)
    if (this.#failures.length < MAX_FAILURES) this.#failures.push(failure)
    options.logger.warn({ clerkId: claim.clerkId, code: failure.code, attempts: claim.attempts + 1 }, 'push failed')
    if (isFinal(error) || claim.attempts + 1 >= MAX_ATTEMPTS) {
      options.onError(error, { messageId: undefined, clerkId: claim.clerkId })
    }
  }

  #tell(): void {
    this.options.onProgress?.({ ...this.#progress })
  }

  async result(): Promise<PushResult> {
    const pending = await this.context.store.countDue(this.context.writeContext())
    return { ...this.#progress, pending, found: this.#found, failures: this.#failures }
  }
}

/** Whether Clerk will never take it as it is. */
function isFinal(error: unknown): boolean {
  if (!isClerkSyncError(error)) return true
  if (error.code === 'push_refused') return true
  const status = refusalOf(error)?.status
  return status !== undefined && status >= 400 && status < 500 && status !== 429 && status !== 408
}

/** From ten seconds to two hours, doubling, and as long as Clerk asks for. */
function waitAfter(attempts: number, error: unknown): number {
  const wait = Math.min(7_200_000, 10_000 * 2 ** attempts)
  return Math.max(refusalOf(error)?.retryAfterMs ?? 0, wait * (0.5 + Math.random() / 2))
}

function describe(clerkId: string, error: unknown): JobFailure {
  if (isClerkSyncError(error)) return { clerkId, code: error.code, message: error.message }
  return { clerkId, code: 'push_refused', message: 'The stored values could not be sent.' }
}
