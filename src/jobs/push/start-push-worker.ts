import { isClerkSyncError } from '../../errors'
import type { ResourceName } from '../../events/events'
import { milliseconds } from '../../number-options'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import { backOff } from '../../time/back-off'
import { sleep } from '../../time/sleep'
import { Alarm } from './alarm'
import { onSigterm } from './on-sigterm'
import { type PushContext, preparePushes, requirePushed } from './push-context'
import type { PushProgress } from './push-report'
import { PushRound } from './push-round'
import { QueueWatch } from './queue-watch'
import type { UserThrottle } from './user-throttle'

/** Options of `startPushWorker()`. */
export interface PushWorkerOptions {
  /**
   * Polling interval, in milliseconds, at least 50. With change streams, changes are also pushed at once. @default
   * 5_000
   */
  pollMs?: number
  /** Stops the worker, like `stop()`. */
  signal?: AbortSignal
  /** Whether SIGTERM stops the worker before the process ends. @default true */
  stopOnSigterm?: boolean
  /** Called after each document. Counts from the worker's start; `total` is always 0. */
  onProgress?: (progress: PushProgress) => void
  /** Called for errors that stop the worker's progress: key, network, database. The worker retries. */
  onFailure?: (error: unknown) => void
}

/** A running push worker. */
export interface PushWorker {
  /** Finishes running pushes, releases the others, and resolves, after ten seconds at the latest. */
  stop(): Promise<void>
}

/** Polling without a pause would keep the database busy for nothing. */
const MIN_POLL_MS = 50
/** What is not released by then becomes due when its lease expires. */
const STOP_MS = 10_000
/** A change stream needs a moment to open, and misses changes until then. */
const STREAM_OPENING_MS = 1_000

/**
 * Pushes local changes as they happen, until it is stopped. Later failures go to `onError` and are retried.
 * @throws {ClerkSyncError} `store_unfit`, `schema_unfit` if nothing is owned, `invalid_option`.
 */
export function startPushWorker(
  options: ResolvedClerkSyncOptions,
  throttle: UserThrottle,
  worker: PushWorkerOptions,
): PushWorker {
  requirePushed(options)
  const { pollMs = 5_000, signal, stopOnSigterm = true } = worker
  const polled = Math.max(MIN_POLL_MS, milliseconds('pollMs', pollMs))
  const stopping = new AbortController()
  const ended = new Worker(options, throttle, { ...worker, pollMs: polled }, stopping.signal).run()
  const stop = async () => {
    stopping.abort()
    const waited = new AbortController()
    await Promise.race([ended, sleep(STOP_MS, waited.signal).catch(() => {})])
    waited.abort()
  }
  const onAbort = () => stopping.abort()
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  const unregister = stopOnSigterm ? onSigterm(stop) : () => {}
  void ended.then(() => {
    signal?.removeEventListener('abort', onAbort)
    unregister()
  })
  return { stop }
}

class Worker {
  readonly #alarm = new Alarm()
  readonly #progress: PushProgress = { pushed: 0, unchanged: 0, failed: 0, compared: 0, total: 0 }
  #contexts: PushContext[] | undefined
  readonly #watches = new Map<ResourceName, QueueWatch>()
  #wakeUps: number[] = []
  #failures = 0

  constructor(
    private readonly options: ResolvedClerkSyncOptions,
    private readonly throttle: UserThrottle,
    private readonly worker: PushWorkerOptions & { pollMs: number },
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<void> {
    const { pollMs } = this.worker
    while (!this.signal.aborted) {
      this.#alarm.reset()
      const isStreamOpening = await this.#pushDue().catch((error: unknown) => this.#reportFailure(error))
      if (this.#failures > 0) await sleep(1_000 + backOff(this.#failures), this.signal).catch(() => {})
      else {
        const next = Math.min(...this.#wakeUps) - Date.now()
        await this.#alarm.wait(Math.min(pollMs, next, isStreamOpening ? STREAM_OPENING_MS : pollMs), this.signal)
      }
    }
  }

  /** Pushes what is due. Returns whether a change stream was just opened. */
  async #pushDue(): Promise<boolean> {
    this.#contexts ??= await preparePushes(this.options, this.throttle, this.signal)
    const isStreamOpening = this.#contexts.map((context) => this.#watch(context)).includes(true)
    const now = Date.now()
    this.#wakeUps = this.#wakeUps.filter((at) => at > now)
    const { signal } = this
    const before = { ...this.#progress }
    const onProgress = (progress: PushProgress) => this.#reportProgress(before, progress)
    const round = new PushRound(this.#contexts, { signal, onProgress })
    try {
      await round.run()
      this.#failures = round.isOutage ? this.#failures + 1 : 0
    } finally {
      round.close()
      this.#wakeUps.push(...round.throttledUntil, ...round.retrying)
    }
    return isStreamOpening
  }

  #watch({ resource, store }: PushContext): boolean {
    const watch = this.#watches.get(resource.name) ?? new QueueWatch(this.#alarm, this.signal)
    this.#watches.set(resource.name, watch)
    return watch.open(store)
  }

  #reportProgress(before: PushProgress, { pushed, unchanged, failed }: PushProgress): void {
    const progress = this.#progress
    progress.pushed = before.pushed + pushed
    progress.unchanged = before.unchanged + unchanged
    progress.failed = before.failed + failed
    this.worker.onProgress?.({ ...progress })
  }

  #reportFailure(error: unknown): boolean {
    if (this.signal.aborted) return false
    this.#failures++
    // The cause may be fixed by then: the key, the instance, the connection.
    this.#contexts = undefined
    this.options.onError(error, { messageId: undefined })
    this.worker.onFailure?.(error)
    const code = isClerkSyncError(error) ? error.code : undefined
    this.options.logger.error({ code }, 'the push worker failed; it retries')
    return false
  }
}
