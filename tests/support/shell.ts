import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

export type Shell = ChildProcessByStdio<null, Readable, Readable>

const npmSettings = ['audit=false', 'fund=false', 'ignore_scripts=true', 'loglevel=error', 'prefer_offline=true']

/** Runs commands as a reader pastes them, in a separate process group, with the environment of a terminal only. */
export function openShell(text: string, cwd: string, given: Record<string, string> = {}): Shell {
  const { PATH, HOME, npm_config_cache } = process.env
  const env = {
    PATH,
    HOME,
    ...(npm_config_cache && { npm_config_cache }),
    ...Object.fromEntries(npmSettings.map((setting) => `npm_config_${setting}`.split('='))),
    ...given,
    // A terminal has no NODE_ENV, which the types of Next.js have everywhere.
  } as NodeJS.ProcessEnv
  const shell = spawn('sh', ['-e', '-c', text], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [shell.stdout, shell.stderr]) stream.setEncoding('utf8')
  return shell
}

/** Ends it with all its child processes. */
export function killShell({ pid, exitCode, signalCode }: Shell): void {
  if (pid && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL')
}
