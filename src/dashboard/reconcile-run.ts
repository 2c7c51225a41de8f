import type { ClerkSync } from '../create-clerk-sync'
import { errorCodeOf } from '../errors'
import type { ReconcileProgress, ReconcileReport } from '../jobs/reconcile/reconcile-report'

/** A comparison that this process runs, or ran last. */
export interface ReconcileRun {
  isRunning: boolean
  startedAt: Date
  endedAt?: Date
  /** The latest progress. */
  progress?: ReconcileProgress
  report?: ReconcileReport
  /** Code of the error that ended it. */
  errorCode?: string
}

/** Runs comparisons, one at a time. Their reports are kept in memory; what `status()` keeps of them is shorter. */
export class ReconcileRunner {
  #run: ReconcileRun | undefined
  #stop: AbortController | undefined
  #ended: Promise<void> = Promise.resolve()
  readonly #clerkSync: Pick<ClerkSync, 'reconcile'>

  constructor(clerkSync: Pick<ClerkSync, 'reconcile'>) {
    this.#clerkSync = clerkSync
  }

  get last(): ReconcileRun | undefined {
    return this.#run
  }

  /**
   * Starts a comparison, unless one is running, and waits for its end.
   * @param waitMs It continues after this time, as far as the platform allows.
   * @throws errors that are not of this library.
   */
  async start(options: { sample?: number }, waitMs: number): Promise<void> {
    if (!this.#run?.isRunning) this.#ended = this.#compare(options)
    let timer: ReturnType<typeof setTimeout> | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waitMs)
    })
    await Promise.race([this.#ended, timeout]).finally(() => clearTimeout(timer))
  }

  /** Ends the running comparison. Its report has what was found so far. */
  async stop(): Promise<void> {
    this.#stop?.abort()
    await this.#ended
  }

  async #compare(options: { sample?: number }): Promise<void> {
    const run: ReconcileRun = { isRunning: true, startedAt: new Date() }
    const stop = new AbortController()
    this.#run = run
    this.#stop = stop
    const onProgress = (progress: ReconcileProgress) => {
      run.progress = progress
    }
    try {
      run.report = await this.#clerkSync.reconcile({ ...options, onProgress, signal: stop.signal })
    } catch (error) {
      // The page names the code. Nothing else may wait for this promise.
      run.errorCode = errorCodeOf(error)
    } finally {
      run.isRunning = false
      run.endedAt = new Date()
    }
  }
}
