import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** One line of a worker. */
interface Line {
  done?: number
  peak: number
  result?: Record<string, unknown>
  error?: string
}

export interface Run {
  /** Result of the job; absent if it was killed or failed. */
  result?: Record<string, unknown>
  error?: string
  /** Number of users processed when it ended. */
  done: number
  /** Peak resident memory in MiB. */
  peak: number
  seconds: number
}

export interface RunOptions {
  env: Record<string, string>
  /** Heap limit of V8 in MiB: `--max-old-space-size`. */
  heap: number
  /** Number of processed users after which it is killed with SIGKILL. */
  killAt?: number
}

/** Runs a job in a process of its own with a small heap. */
export async function runJob(job: 'backfill' | 'reconcile', { env, heap, killAt }: RunOptions): Promise<Run> {
  const started = performance.now()
  const child = startScript('worker.ts', [job], env, heap)
  const run: Run = { done: 0, peak: 0, seconds: 0 }
  const ended = new Promise((resolve) => child.once('exit', resolve))
  for await (const text of createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })) {
    const { done, peak, result, error } = JSON.parse(text) as Line
    run.peak = Math.max(run.peak, peak)
    if (done !== undefined) run.done = done
    if (result) run.result = result
    if (error !== undefined) run.error = error
    if (killAt !== undefined && run.done >= killAt) child.kill('SIGKILL')
  }
  await ended
  run.seconds = (performance.now() - started) / 1000
  return run
}

/** Starts a script of this folder. */
export function startScript(file: string, args: string[], env: Record<string, string>, heap: number): ChildProcess {
  const script = fileURLToPath(new URL(file, import.meta.url))
  return spawn(process.execPath, [`--max-old-space-size=${heap}`, '--import', 'tsx', script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
