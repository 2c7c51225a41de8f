import { isClerkSyncError } from '../../errors'
import { atLeast, count } from '../../number-options'
import type { PushClaim } from '../../store/push-store'
import { FailureTally } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import { ClaimsInTurn } from './claims-in-turn'
import { existsInClerk } from './exists-in-clerk'
import { CONTESTED, describe, isContested, isDown, isFinal, isWrongKey, MAX_ATTEMPTS, waitAfter } from './failed-push'
import { type CallLimits, type PushAttempt, pushClaim } from './push-claim'
import type { PushContext } from './push-context'
import type { PushRunOptions } from './push-report'
import { RoundProgress } from './round-progress'
import { isInstanceMismatch, isVerified, markVerified, requireVerified } from './verified-instance'

const LEASE_MS = 60_000
const CONCURRENCY = 8
/** A push makes two changes, and Clerk allows ten changes of a user in ten seconds. */
const PAUSE_PER_USER_MS = 2_500
/** How long requests already sent may take after the run should end. */
const GRACE_MS = 5_000
/** A call that ran this long before the end cut it off would hardly have been answered. */
const MIN_CALL_MS = 5_000
/** This many successive failures are not caused by the users. */
const MAX_FAILURES_IN_A_ROW = 8

type RoundOptions = Pick<PushRunOptions, 'limit' | 'timeoutMs' | 'signal' | 'onProgress'>

/** Claims what is due of all resources, a few at once, and pushes it, until none is due or the round must end. */
export class PushRound {
  readonly progress = new RoundProgress()
  readonly failed = new FailureTally()
  /** When users pushed just now can be pushed again. In milliseconds, like `retrying`. */
  readonly throttledUntil: number[] = []
  /** When failed users are due again. */
  readonly retrying: number[] = []
  /** Whether the round ended because no push succeeded. */
  isOutage = false
  readonly #end: number
  readonly #stop = new AbortController()
  readonly #cut = new AbortController()
  readonly #onAbort = () => this.#halt(this.options.signal?.reason)
  #left: number
  #failuresInARow = 0
  /** The rate limit admits no further request in time. */
  #isTooLate = false
  #verifying: Promise<void> | undefined
  readonly #claims: ClaimsInTurn
  /** Users unknown to Clerk, while it is not certain that Clerk knows any. */
  readonly #unconfirmed = new Set<string>()
  #grace: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly contexts: readonly PushContext[],
    private readonly options: RoundOptions,
  ) {
    this.#claims = new ClaimsInTurn(contexts, (context) => this.#claim(context))
    const { limit = Number.POSITIVE_INFINITY, timeoutMs = Number.POSITIVE_INFINITY } = options
    this.#left = count('limit', limit)
    this.#end = Date.now() + atLeast('timeoutMs', timeoutMs, 0)
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (options.signal?.aborted) this.#onAbort()
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get left(): number {
    return this.#left
  }

  get end(): number {
    return this.#end
  }

  get isOver(): boolean {
    return this.#left <= 0 || this.#isTooLate || Date.now() >= this.#end || this.#stop.signal.aborted
  }

  /** @throws the first error that ended it, after all running pushes have ended. */
  async run(): Promise<void> {
    this.throttledUntil.length = 0
    const slots = await Promise.allSettled(Array.from({ length: CONCURRENCY }, () => this.#work()))
    const failed = slots.find((slot) => slot.status === 'rejected')
    if (failed) throw failed.reason
    if (this.#unconfirmed.size > 0 && !this.contexts.some(isVerified)) await this.#verifying
  }

  /** To be called when it is no longer needed. */
  close(): void {
    this.options.signal?.removeEventListener('abort', this.#onAbort)
    clearTimeout(this.#grace)
  }

  reportProgress(): void {
    this.options.onProgress?.({ ...this.progress.all })
  }

  async #work(): Promise<void> {
    try {
      for (let next = await this.#claims.next(); next; next = await this.#claims.next()) {
        await this.#push(next.context, next.claim)
        this.reportProgress()
      }
    } catch (error) {
      this.#halt(error)
      throw error
    }
  }

  async #claim(context: PushContext): Promise<PushClaim | undefined> {
    const { store, writeContext, throttle } = context
    while (!this.isOver) {
      const [claim] = await store.claim(1, LEASE_MS, writeContext())
      if (!claim) return undefined
      if (this.#unconfirmed.has(claim.clerkId) && !isVerified(context)) {
        // It was released behind all others, so no other is due.
        await store.release(claim, writeContext())
        return undefined
      }
      const wait = throttle.waitFor(claim.clerkId, PAUSE_PER_USER_MS)
      if (wait === 0) {
        this.#left--
        return claim
      }
      // Released meanwhile, so that changes until then are pushed along.
      const at = Date.now() + wait
      await store.release(claim, writeContext(), at)
      this.throttledUntil.push(at)
    }
    return undefined
  }

  async #push(context: PushContext, claim: PushClaim): Promise<void> {
    const { store, api, writeContext, throttle } = context
    const deadline = Math.min(this.#end, Date.now() + LEASE_MS / 2)
    const limits: CallLimits = { deadline, signal: this.#stop.signal, lastSignal: this.#cut.signal }
    const started = Date.now()
    const attempt = await pushClaim(context, claim, limits)
    const isSent = attempt.kind !== 'gone' && (attempt.seen?.answers.length ?? 0) > 0
    if (isSent) throttle.recordPush(claim.clerkId)
    if (attempt.kind === 'failed') return this.#failed(context, claim, attempt, started)
    this.#failuresInARow = 0
    if (attempt.kind === 'gone') return this.#deleteFromStore(context, claim)
    markVerified(api)
    await store.complete(claim, attempt.seen, writeContext()).catch((error: unknown) => {
      // The claim expires, and the push is repeated.
      if (!isClerkSyncError(error) || error.code !== 'contention') throw error
      this.#note(claim, error)
    })
    this.progress.count(context, isSent ? 'pushed' : 'unchanged')
  }

  /** Clerk has nothing with that id: applies the deletion. */
  async #deleteFromStore(context: PushContext, claim: PushClaim): Promise<void> {
    const { store, writeContext, applyDeletion } = context
    try {
      if (await existsInClerk(context, claim.clerkId, this.#stop.signal)) {
        const at = Date.now() + PAUSE_PER_USER_MS
        await store.release(claim, writeContext(), at)
        this.throttledUntil.push(at)
        return
      }
      if (!isVerified(context)) {
        this.#verifying ??= requireVerified(context, this.#stop.signal)
        await this.#verifying
      }
    } catch (error) {
      // Behind all others, which Clerk may know; with the key of another instance, not all of them are looked up.
      await store.release(claim, writeContext(), isInstanceMismatch(error) ? Date.now() : undefined)
      if (isInstanceMismatch(error) && this.#unconfirmed.add(claim.clerkId).size < MAX_FAILURES_IN_A_ROW) return
      throw error
    }
    await applyDeletion(claim.clerkId)
    this.progress.count(context, 'unchanged')
  }

  async #failed(
    context: PushContext,
    claim: PushClaim,
    { error, seen }: Extract<PushAttempt, { kind: 'failed' }>,
    started: number,
  ): Promise<void> {
    const { store, writeContext, options, throttle } = context
    // The reason for ending the round is no response from Clerk.
    const isPermanent = isFinal(error) && error !== this.#stop.signal.reason
    const isTooLate = isClerkSyncError(error) && error.code === 'timed_out'
    if (!isPermanent && (isWrongKey(error) || isTooLate || this.#wasCutOff(started))) {
      // Halts first; otherwise this round would claim the user again.
      if (isWrongKey(error)) this.#halt(error)
      if (isTooLate) this.#isTooLate = true
      if (!seen?.answers.length) await store.release(claim, writeContext())
      else await store.retryLater(claim, Date.now(), writeContext(), seen)
      if (isWrongKey(error)) throw error
      return
    }
    throttle.recordPush(claim.clerkId)
    this.progress.count(context, 'failed')
    const { code } = this.#note(claim, error)
    const syncError = isContested(error) ? 'push_contested' : 'push_failed'
    const line = isContested(error) ? `push abandoned: ${CONTESTED}` : 'push failed'
    const attempts = claim.attempts + 1
    options.logger.warn({ clerkId: claim.clerkId, code, attempts }, line)
    const isAbandoned = isPermanent || (attempts >= MAX_ATTEMPTS && !isDown(error))
    if (isAbandoned || attempts === MAX_ATTEMPTS)
      options.onError(error, { messageId: undefined, clerkId: claim.clerkId })
    if (isAbandoned) await store.fail(claim, writeContext(), seen, syncError)
    else {
      const at = Date.now() + waitAfter(claim.attempts, error)
      await store.retryLater(claim, at, writeContext(), seen)
      this.retrying.push(at)
    }
    this.#countFailure(isPermanent)
  }

  /** Whether the push failed because the round ended, which says nothing about Clerk or the user. */
  #wasCutOff(started: number): boolean {
    return this.#stop.signal.aborted || (Date.now() >= this.#end && Date.now() - started < MIN_CALL_MS)
  }

  #countFailure(isPermanent: boolean): void {
    // A refusal shows that Clerk is available.
    this.#failuresInARow = isPermanent ? 0 : this.#failuresInARow + 1
    if (this.#failuresInARow < MAX_FAILURES_IN_A_ROW) return
    this.isOutage = true
    this.#halt(new Error('no push succeeded'))
  }

  #note({ clerkId }: PushClaim, error: unknown): JobFailure {
    const failure = describe(clerkId, error)
    this.failed.add(failure)
    return failure
  }

  #halt(reason: unknown): void {
    if (this.#stop.signal.aborted) return
    this.#stop.abort(reason)
    this.#grace = setTimeout(() => this.#cut.abort(reason), GRACE_MS)
  }
}
