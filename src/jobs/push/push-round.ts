import { isClerkSyncError } from '../../errors'
import { atLeast, count } from '../../number-options'
import type { PushClaim } from '../../store/push-store'
import { confirmGone, mayBeNew } from '../clerk/confirm-gone'
import { FailureTally } from '../run/failure-tally'
import type { JobFailure } from '../run/job-failure'
import { type Brought, bringToClerk, type CallLimits } from './bring-to-clerk'
import { CONTESTED, describe, isContested, isFinal, isWrongKey, MAX_ATTEMPTS, waitAfter } from './failed-push'
import type { PushContext } from './push-context'
import type { PushProgress, PushRunOptions } from './push-report'
import { isAcquainted, isMismatch, noteAcquaintance, requireAcquaintance } from './same-instance'

const LEASE_MS = 60_000
const AT_ONCE = 8
/** A push makes two calls, and Clerk allows ten calls per user in ten seconds. */
const PAUSE_PER_USER_MS = 2_500
/** How long requests already sent may take after the run should end. */
const GRACE_MS = 5_000
/** A call that ran this long before the end cut it off would hardly have been answered. */
const FAIR_MS = 5_000
/** This many successive failures are not caused by the users. */
const MAX_STRIKES = 8

type RoundOptions = Pick<PushRunOptions, 'limit' | 'timeoutMs' | 'signal' | 'onProgress'>

/** Claims due users, a few at once, and pushes them, until none is due or the round must end. */
export class PushRound {
  readonly progress: PushProgress = { pushed: 0, unchanged: 0, failed: 0, compared: 0, total: 0 }
  readonly failed = new FailureTally()
  /** When users pushed just now can be pushed again. In milliseconds, like `retrying`. */
  readonly resting: number[] = []
  /** When failed users are due again. */
  readonly retrying: number[] = []
  /** Whether the round ended because no push succeeded. */
  isOutage = false
  readonly #end: number
  readonly #stop = new AbortController()
  readonly #cut = new AbortController()
  readonly #onAbort = () => this.#halt(this.options.signal?.reason)
  #left: number
  #strikes = 0
  /** The rate limit admits no further request in time. */
  #isTooLate = false
  #claiming: Promise<unknown> = Promise.resolve()
  #acquainting: Promise<void> | undefined
  /** Users unknown to Clerk, while it is not certain that Clerk knows any. */
  readonly #doubted = new Set<string>()
  #grace: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly context: PushContext,
    private readonly options: RoundOptions,
  ) {
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
    this.resting.length = 0
    const slots = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => this.#work()))
    const failed = slots.find((slot) => slot.status === 'rejected')
    if (failed) throw failed.reason
    if (this.#doubted.size > 0 && !isAcquainted(this.context)) await this.#acquainting
  }

  /** To be called when it is no longer needed. */
  close(): void {
    this.options.signal?.removeEventListener('abort', this.#onAbort)
    clearTimeout(this.#grace)
  }

  tell(): void {
    this.options.onProgress?.({ ...this.progress })
  }

  async #work(): Promise<void> {
    try {
      for (let claim = await this.#next(); claim; claim = await this.#next()) {
        await this.#push(claim)
        this.tell()
      }
    } catch (error) {
      this.#halt(error)
      throw error
    }
  }

  /** Claims one at a time: concurrent claims would see the same user, and all but one would retry. */
  #next(): Promise<PushClaim | undefined> {
    const turn = this.#claiming.then(() => this.#claim())
    this.#claiming = turn.catch(() => {})
    return turn
  }

  async #claim(): Promise<PushClaim | undefined> {
    const { store, writeContext, paces } = this.context
    while (!this.isOver) {
      const [claim] = await store.claim(1, LEASE_MS, writeContext())
      if (!claim) return undefined
      if (this.#doubted.has(claim.clerkId) && !isAcquainted(this.context)) {
        // It was released behind all others, so no other user is due.
        await store.release(claim, writeContext())
        return undefined
      }
      const wait = paces.waitFor(claim.clerkId, PAUSE_PER_USER_MS)
      if (wait === 0) {
        this.#left--
        return claim
      }
      // Released meanwhile, so that changes until then are pushed along.
      const at = Date.now() + wait
      await store.release(claim, writeContext(), at)
      this.resting.push(at)
    }
    return undefined
  }

  async #push(claim: PushClaim): Promise<void> {
    const { store, api, writeContext, paces } = this.context
    const deadline = Math.min(this.#end, Date.now() + LEASE_MS / 2)
    const limits: CallLimits = { deadline, signal: this.#stop.signal, lastSignal: this.#cut.signal }
    const started = Date.now()
    const brought = await bringToClerk(api, store.places, claim, limits)
    const isSent = brought.kind !== 'gone' && (brought.seen?.answers.length ?? 0) > 0
    if (isSent) paces.note(claim.clerkId)
    if (brought.kind === 'failed') return this.#failed(claim, brought, started)
    this.#strikes = 0
    if (brought.kind === 'gone') return this.#deleteHere(claim)
    noteAcquaintance(api)
    await store.settle(claim, brought.seen, writeContext()).catch((error: unknown) => {
      // The claim expires, and the push is repeated.
      if (!isClerkSyncError(error) || error.code !== 'contention') throw error
      this.#note(claim, error)
    })
    this.progress[isSent ? 'pushed' : 'unchanged']++
  }

  /** Clerk has no such user: applies its deletion. */
  async #deleteHere(claim: PushClaim): Promise<void> {
    const { store, writeContext, deleteUser } = this.context
    try {
      if (await this.#isThereAfterAll(claim.clerkId)) {
        const at = Date.now() + PAUSE_PER_USER_MS
        await store.release(claim, writeContext(), at)
        this.resting.push(at)
        return
      }
      if (!isAcquainted(this.context)) {
        this.#acquainting ??= requireAcquaintance(this.context, this.#stop.signal)
        await this.#acquainting
      }
    } catch (error) {
      // Behind all others, which Clerk may know; with the key of another instance, not all of them are looked up.
      await store.release(claim, writeContext(), isMismatch(error) ? Date.now() : undefined)
      if (isMismatch(error) && this.#doubted.add(claim.clerkId).size < MAX_STRIKES) return
      throw error
    }
    await deleteUser(claim.clerkId)
    this.progress.unchanged++
  }

  async #isThereAfterAll(clerkId: string): Promise<boolean> {
    const { api, options, writeContext } = this.context
    const [stored] = (await options.jobStore()?.find([clerkId], writeContext())) ?? []
    if (stored && !mayBeNew(stored)) return false
    return (await confirmGone(api, [clerkId], this.#stop.signal)).found.length > 0
  }

  async #failed(
    claim: PushClaim,
    { error, seen }: Extract<Brought, { kind: 'failed' }>,
    started: number,
  ): Promise<void> {
    const { store, writeContext, options, paces } = this.context
    // The reason for ending the round is no response from Clerk.
    const isHopeless = isFinal(error) && error !== this.#stop.signal.reason
    const isTooLate = isClerkSyncError(error) && error.code === 'timed_out'
    if (!isHopeless && (isWrongKey(error) || isTooLate || this.#wasCut(started))) {
      // Halts first; otherwise this round would claim the user again.
      if (isWrongKey(error)) this.#halt(error)
      if (isTooLate) this.#isTooLate = true
      if (!seen?.answers.length) await store.release(claim, writeContext())
      else await store.retryLater(claim, Date.now(), writeContext(), seen)
      if (isWrongKey(error)) throw error
      return
    }
    paces.note(claim.clerkId)
    this.progress.failed++
    const { code } = this.#note(claim, error)
    const syncError = isContested(error) ? 'push_contested' : 'push_failed'
    const line = isContested(error) ? `push abandoned: ${CONTESTED}` : 'push failed'
    options.logger.warn({ clerkId: claim.clerkId, code, attempts: claim.attempts + 1 }, line)
    if (isHopeless || claim.attempts + 1 >= MAX_ATTEMPTS) {
      await store.fail(claim, writeContext(), seen, syncError)
      options.onError(error, { messageId: undefined, clerkId: claim.clerkId })
    } else {
      const at = Date.now() + waitAfter(claim.attempts, error)
      await store.retryLater(claim, at, writeContext(), seen)
      this.retrying.push(at)
    }
    this.#strike(isHopeless)
  }

  /** Whether the push failed because the round ended, which says nothing about Clerk or the user. */
  #wasCut(started: number): boolean {
    const isLate = Date.now() >= this.#end && Date.now() - started < FAIR_MS
    return isLate || this.#stop.signal.aborted
  }

  #strike(isHopeless: boolean): void {
    // A refusal shows that Clerk is available.
    this.#strikes = isHopeless ? 0 : this.#strikes + 1
    if (this.#strikes < MAX_STRIKES) return
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
