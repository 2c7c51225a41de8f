import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../tests/support/free-port'

/** One line of a worker. */
interface Line {
  resource?: string
  done?: number
  peak: number
  commands: number
  result?: Record<string, unknown>
  error?: string
}

export interface Run {
  /** Result of the job; absent if it was killed or failed. */
  result?: Record<string, unknown>
  error?: string
  /** Peak resident memory in MiB. */
  peak: number
  seconds: number
  /** Commands sent to the database, with COUNT_COMMANDS. */
  commands: number
}

/** A point of a job: so many of a resource are processed. */
export interface Point {
  resource: 'users' | 'organizations' | 'memberships'
  done: number
}

export interface RunOptions {
  env: Record<string, string>
  /** Heap limit of V8 in MiB: `--max-old-space-size`. */
  heap: number
  /** @default all */
  only?: Point['resource']
  /** When it is killed with SIGKILL. */
  killAt?: Point
}

/** Runs a job in a process of its own with a small heap. `repair`: reconcile with `apply`. */
export async function runJob(
  job: 'backfill' | 'reconcile' | 'repair',
  { env, heap, only, killAt }: RunOptions,
): Promise<Run> {
  const started = performance.now()
  const child = startScript('worker.ts', [job, ...(only ? [only] : [])], env, heap)
  const run: Run = { peak: 0, seconds: 0, commands: 0 }
  const ended = new Promise((resolve) => child.once('exit', resolve))
  for await (const line of linesOf<Line>(child)) {
    const { resource, done = 0, peak, commands, result, error } = line
    run.peak = Math.max(run.peak, peak)
    run.commands = commands
    if (result) run.result = result
    if (error !== undefined) run.error = error
    if (killAt !== undefined && resource === killAt.resource && done >= killAt.done) child.kill('SIGKILL')
  }
  await ended
  run.seconds = (performance.now() - started) / 1000
  return run
}

/** One delivery that a server answered. */
export interface Answer {
  status: number
  seconds: number
  /** With COUNT_COMMANDS. */
  commands: number
}

export interface Server {
  url: string
  /** Deliveries answered so far. */
  answers: Answer[]
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

/** Starts the app's webhook endpoint in a process of its own. */
export async function startServer(env: Record<string, string>, port?: number): Promise<Server> {
  const free = port ?? (await freePort())
  const child = startScript('server.ts', [], { ...env, PORT: String(free) }, 512)
  const url = `http://127.0.0.1:${free}`
  const isUp = () =>
    fetch(url).then(
      () => true,
      () => false,
    )
  while (!(await isUp())) await sleep(100)
  const answers: Answer[] = []
  const reading = (async () => {
    for await (const answer of linesOf<Answer>(child)) answers.push(answer)
  })()
  return {
    url,
    answers,
    async stop(signal = 'SIGTERM') {
      const exit = once(child, 'exit')
      child.kill(signal)
      await Promise.all([exit, reading])
    },
  }
}

async function* linesOf<T>({ stdout }: ChildProcess): AsyncGenerator<T> {
  if (!stdout) return
  for await (const text of createInterface({ input: stdout })) yield JSON.parse(text) as T
}

/** Starts a script of this folder. */
function startScript(file: string, args: string[], env: Record<string, string>, heap: number): ChildProcess {
  const script = fileURLToPath(new URL(file, import.meta.url))
  return spawn(process.execPath, [`--max-old-space-size=${heap}`, '--import', 'tsx', script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
