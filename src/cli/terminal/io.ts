import { type Colors, createColors, usesColor } from './colors'

/** Exit codes of the process. `--help` documents them. */
export const exitCodes = { fine: 0, failed: 1, problems: 2, usage: 64, interrupted: 130 } as const
/** One of the exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** A command's environment: output, terminal, variables and signals. */
export interface Io {
  /** Prints a line on stdout: the result. With `json`, only `result` and `streamed` write there. */
  out(line?: string): void
  /** Prints a line on stderr: progress, warnings, errors. */
  err(line?: string): void
  /** Adds fields to the JSON object printed last. */
  result(value: object): void
  /** Prints a line of JSON before the result. Only with `json`. */
  streamed(value: unknown): void
  /** Prints the result as the last line, with `ok`: whether the exit code is 0. Only with `json`. */
  end(code: ExitCode): void
  /** Whether `--json` was given. */
  json: boolean
  /** For stdout. */
  colors: Colors
  /** For stderr. */
  errColors: Colors
  /** Whether a person can be asked: stdin and stderr are terminals, without `--json` or CI. */
  isInteractive: boolean
  /** Whether stderr is a terminal whose line can be redrawn. */
  canRedraw: boolean
  env: NodeJS.ProcessEnv
  cwd: string
  stdin: NodeJS.ReadStream
  /**
   * For commands that can stop cleanly: aborts at the first Ctrl-C (or SIGTERM) and prints `hint`, which says how to
   * continue. The second ends the process at once, and so does the first if a command never calls this.
   */
  stopSignal(hint: string): AbortSignal
}

/** Creates the `Io` of this process. */
export function processIo(): Io {
  const { stdout, stderr, stdin, env, argv } = process
  const json = argv.includes('--json')
  // Output of the app's config and logger must not mix with our JSON.
  if (json) for (const name of ['log', 'info', 'debug'] as const) console[name] = console.error
  // A closed reader (`| head`) is not an error.
  for (const stream of [stdout, stderr]) stream.on('error', () => {})
  const write = (stream: NodeJS.WriteStream) => (line: string) => void stream.write(`${line}\n`)
  const [toOut, toErr] = [write(stdout), write(stderr)]
  const result = {}
  const isTerminal = Boolean(stderr.isTTY) && env.TERM !== 'dumb' && !json && !isCi(env)
  return {
    out: (line = '') => json || toOut(line),
    err: (line = '') => toErr(line),
    result: (value) => void Object.assign(result, value),
    streamed: (value) => json && toOut(JSON.stringify(value)),
    end: (code) => json && toOut(JSON.stringify({ ok: code === exitCodes.fine, ...result })),
    json,
    colors: createColors(usesColor(env, Boolean(stdout.isTTY))),
    errColors: createColors(usesColor(env, Boolean(stderr.isTTY))),
    isInteractive: isTerminal && Boolean(stdin.isTTY),
    canRedraw: isTerminal,
    env,
    cwd: process.cwd(),
    stdin,
    stopSignal: watchSignals(toErr),
  }
}

/** Resolves when a signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Ends the process when its output is flushed. Explicit, because the app's database connection may still be open. */
export async function leave(code: ExitCode): Promise<never> {
  const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => void stream.write('', () => resolve()))
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  process.exit(code)
}

/** A terminal sends a signal to all its processes, and npm forwards it: signals within this time are one Ctrl-C. */
const SAME_SIGNAL_MS = 1_000

function watchSignals(print: (line: string) => void): Io['stopSignal'] {
  const controller = new AbortController()
  let hint: string | undefined
  let first: number | undefined
  const listen = () => {
    if (first === undefined && hint !== undefined) {
      first = Date.now()
      print(`\nStopping. ${hint} Press Ctrl-C again to stop at once.`)
      controller.abort()
    } else if (first === undefined || Date.now() - first > SAME_SIGNAL_MS) process.exit(exitCodes.interrupted)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, listen)
  return (text) => {
    hint = text
    return controller.signal
  }
}

function isCi(env: NodeJS.ProcessEnv): boolean {
  return Boolean(env.CI) && env.CI !== 'false' && env.CI !== '0'
}
