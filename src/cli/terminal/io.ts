import { type Colors, createColors, usesColor } from './colors'

/** What the process ends with. Documented in `--help`. */
export const exitCodes = { fine: 0, failed: 1, problems: 2, usage: 64, interrupted: 130 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The world as a command sees it: where to print, whom it talks to, and when to stop. */
export interface Io {
  /** A line for stdout: what was asked for. With `json` only JSON goes there, by `result` and `streamed`. */
  out(line?: string): void
  /** A line for stderr: progress, warnings, errors. */
  err(line?: string): void
  /** Adds fields to the JSON object that is printed last. */
  result(value: object): void
  /** Prints a line of JSON before the result. Only with `json`. */
  streamed(value: unknown): void
  /** Prints the result as the last line, with `ok`: whether the exit code is 0. Only with `json`. */
  end(code: ExitCode): void
  /** Whether `--json` was given: people do not read this. */
  json: boolean
  /** For stdout. */
  colors: Colors
  /** For stderr. */
  errColors: Colors
  /** Whether somebody is there to be asked: stdin and stderr are terminals, no `--json`, no CI. */
  isInteractive: boolean
  /** Whether stderr is a terminal whose line can be drawn again. */
  canRedraw: boolean
  env: NodeJS.ProcessEnv
  cwd: string
  stdin: NodeJS.ReadStream
  /**
   * For commands that can stop in an orderly way: aborts at the first Ctrl-C (or SIGTERM) and prints `hint`, how to go on
   * later. The second ends the process at once, as does the first where a command never called this.
   */
  stopSignal(hint: string): AbortSignal
}

/** The `Io` of this process. */
export function processIo(): Io {
  const { stdout, stderr, stdin, env, argv } = process
  const json = argv.includes('--json')
  // What the host's config and logger print is no JSON of ours.
  if (json) for (const name of ['log', 'info', 'debug'] as const) console[name] = console.error
  // A reader that goes away (`| head`) is no failure of ours.
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

/** Resolves once a signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Ends the process once all it printed has been taken. Explicitly, since the host's database connection may still be open. */
export async function leave(code: ExitCode): Promise<never> {
  const flushed = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => void stream.write('', () => resolve()))
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  process.exit(code)
}

/** A terminal sends its signal to all that runs there, and npm passes it on: what comes within this is the same Ctrl-C. */
const SAME_SIGNAL_MS = 1_000

function watchSignals(say: (line: string) => void): Io['stopSignal'] {
  const controller = new AbortController()
  let hint: string | undefined
  let first: number | undefined
  const listen = () => {
    if (first === undefined && hint !== undefined) {
      first = Date.now()
      say(`\nStopping. ${hint} Ctrl-C once more ends it at once.`)
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
