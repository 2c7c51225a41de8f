import { backOff } from '../../clerk-api/back-off'
import { sleep } from '../../clerk-api/sleep'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import { Paces } from './paces'
import { preparePush, requirePushStore } from './push-context'
import { runPush } from './run-push'

export interface PushWorkerOptions {
  /** How often to look by itself, in milliseconds; with change streams it is told at once besides. @default 5_000 */
  pollMs?: number
  /** Ends the worker, as `stop()` does. */
  signal?: AbortSignal
  /** Whether SIGTERM ends the worker before the process goes. @default true */
  stopOnSigterm?: boolean
}

export interface PushWorker {
  /** Finishes what is under way, gives back what is not, and resolves. */
  stop(): Promise<void>
}

/**
 * Pushes local changes as they are made, until it is stopped.
 * @throws {ClerkSyncError} `store_unfit` where nothing is owned. What fails later goes to `onError` and is tried again.
 */
export function startPushWorker(options: ResolvedClerkSyncOptions, worker: PushWorkerOptions): PushWorker {
  requirePushStore(options)
  const { pollMs = 5_000, signal, stopOnSigterm = true } = worker
  const stopping = new AbortController()
  const ended = loop(options, pollMs, stopping.signal)
  const stop = () => {
    stopping.abort()
    return ended
  }
  const onAbort = () => void stop()
  const onSigterm = () => {
    void stop().then(() => {
      process.off('SIGTERM', onSigterm)
      // A listener keeps Node from ending; where ours was the only one, the signal is given its due.
      if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM')
    })
  }
  if (signal?.aborted) stopping.abort()
  signal?.addEventListener('abort', onAbort, { once: true })
  if (stopOnSigterm) globalThis.process?.on?.('SIGTERM', onSigterm)
  void ended.then(() => {
    signal?.removeEventListener('abort', onAbort)
  })
  return {
    async stop() {
      await stop()
      globalThis.process?.off?.('SIGTERM', onSigterm)
    },
  }
}

async function loop(options: ResolvedClerkSyncOptions, pollMs: number, signal: AbortSignal): Promise<void> {
  const paces = new Paces()
  const alarm = new Alarm()
  let failures = 0
  let isWatching = false
  while (!signal.aborted) {
    alarm.reset()
    try {
      const context = await preparePush(options, paces, signal)
      if (!isWatching) {
        isWatching = true
        const watching = context.store.watch(signal, () => alarm.ring()).catch(() => false)
        // A stream that ends is opened again at the next look.
        void watching.then(() => {
          isWatching = signal.aborted
        })
      }
      await runPush(context, { signal })
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      failures++
      options.onError(error, { messageId: undefined })
      options.logger.error({ code: (error as { code?: unknown }).code }, 'the push worker failed, and goes on')
    }
    const wait = failures > 0 ? Math.max(pollMs, backOff(failures)) : pollMs
    await Promise.race([sleep(wait, signal).catch(() => {}), ...(failures > 0 ? [] : [alarm.rung])])
  }
}

/** Something that may ring while nobody waits for it yet. */
class Alarm {
  ring: () => void = () => {}
  rung: Promise<void> = Promise.resolve()

  constructor() {
    this.reset()
  }

  reset(): void {
    this.rung = new Promise((resolve) => {
      this.ring = resolve
    })
  }
}
