import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addBackfill } from './commands/backfill'
import { addDashboard } from './commands/dashboard'
import { addDoctor } from './commands/doctor'
import { addFakeClerk } from './commands/fake-clerk'
import { addInit } from './commands/init'
import { addMonitor } from './commands/monitor'
import { addPush } from './commands/push'
import { addReconcile } from './commands/reconcile'
import { addReplay } from './commands/replay'
import { addSend } from './commands/send'
import { addStatus } from './commands/status'
import { addTour } from './commands/tour'
import type { Io } from './terminal/io'

const after = `
Exit codes:
  0    success
  1    failed, completely or for some users or messages
  2    differences or problems found
  64   invalid command or flags
  130  interrupted

DEBUG=1 prints stack traces of errors; NO_COLOR disables colours.

Docs: https://www.npmjs.com/package/clerk-mongo-sync`

/** Creates the command line. Parsing rejects with a `CommanderError` instead of ending the process. */
export function createProgram(io: Io): Command {
  const program = new Command('clerk-mongo-sync')
    .description('Keeps the users in MongoDB in step with Clerk.')
    .version(version(), '-v, --version')
    .exitOverride()
    .configureOutput({
      // Requested help goes to stdout, also with --json.
      writeOut: (text) => void process.stdout.write(text),
      writeErr: (text) => void process.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error:/, io.errColors.red('error'))),
    })
    .showHelpAfterError('(see --help for the options)')
    .addHelpText('after', after)
  for (const add of [
    addInit,
    addDoctor,
    addBackfill,
    addReconcile,
    addPush,
    addStatus,
    addMonitor,
    addDashboard,
    addSend,
    addReplay,
    addFakeClerk,
    addTour,
  ])
    add(program, io)
  return program
}

function version(): string {
  // The path is the same from src/cli and dist/cli.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}
