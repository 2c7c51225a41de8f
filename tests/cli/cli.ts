import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { join } from 'node:path'
import { builtPackage } from './built-package'

export interface CliOptions {
  cwd: string
  env?: Record<string, string>
  /** Written to stdin, which is then closed. */
  input?: string
  /** Leaves stdin open. */
  isOpen?: boolean
}

export interface CliResult {
  code: number | null
  stdout: string
  stderr: string
}

export interface RunningCli {
  child: ChildProcessWithoutNullStreams
  stdout(): string
  /** Resolves when stdout or stderr contains the pattern. */
  printed(pattern: RegExp): Promise<void>
  ended: Promise<CliResult>
}

/** Starts the bundled command line as a process with its own environment. */
export async function startCli(
  args: readonly string[],
  { cwd, env = {}, input, isOpen }: CliOptions,
): Promise<RunningCli> {
  const main = join(await builtPackage(), 'dist/cli/main.js')
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [main, ...args], { cwd, env: { PATH, HOME, NODE_ENV: 'development', ...env } })
  const printed = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text
    })
  }
  if (!isOpen) child.stdin.end(input)
  return {
    child,
    stdout: () => printed.stdout,
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, ...printed }))),
    async printed(pattern) {
      while (!pattern.test(printed.stdout + printed.stderr)) {
        if (child.exitCode !== null) throw new Error(`ended without ${pattern}:\n${printed.stdout}${printed.stderr}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
  }
}

/** Runs the command line until it exits. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return (await startCli(args, options)).ended
}
