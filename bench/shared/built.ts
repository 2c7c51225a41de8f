import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { build } from 'esbuild'

// npm runs scripts there; a bundled program, which may start another one, lies elsewhere.
const root = process.cwd()
/** Beneath node_modules, so that the programs find the packages, and no other tool reads them. */
const folder = join(root, 'node_modules/.cache/bench')

/** Of the app's environment only what a measurement is told: no key of a real Clerk instance. */
const noKeys = { CLERK_SECRET_KEY: '', CLERK_API_URL: '', CLERK_WEBHOOK_SIGNING_SECRET: '', CLERK_WEBHOOK_SECRET: '' }

export interface ProgramOptions {
  env?: Record<string, string>
  /** Flags for Node. */
  flags?: readonly string[]
}

/**
 * Bundles a program as the package is built, and starts it in a process of its own. The loader for TypeScript would add a
 * call to each function that is made, and so distort what is measured.
 * @param program Its path beneath bench/, without the extension.
 */
async function startBuilt(program: string, { env, flags = [] }: ProgramOptions): Promise<ChildProcess> {
  const outfile = join(folder, `${program.replaceAll('/', '-')}-${process.pid}.mjs`)
  await build({
    entryPoints: [join(root, `bench/${program}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  })
  return fork(outfile, [], { execArgv: ['--expose-gc', ...flags], env: { ...process.env, ...noKeys, ...env } })
}

/** A started program that answers messages, one after the other. */
export interface Program {
  ask<Answer>(question: object): Promise<Answer>
  stop(): Promise<void>
}

/** Starts a program that calls `answerParent`. */
export async function startProgram(program: string, options: ProgramOptions = {}): Promise<Program> {
  const child = await startBuilt(program, options)
  const exit = once(child, 'exit')
  return {
    async ask<Answer>(question: object) {
      child.send(question)
      const ended = exit.then(() => {
        throw new Error(`bench/${program}.ts ended with ${child.exitCode ?? child.signalCode}.`)
      })
      const [answer] = await Promise.race([once(child, 'message'), ended])
      return answer as Answer
    },
    async stop() {
      if (child.connected) child.disconnect()
      await exit
    },
  }
}

/** Starts a program, asks it once, and stops it. */
export async function runProgram<Answer>(program: string, question: object, options?: ProgramOptions): Promise<Answer> {
  const started = await startProgram(program, options)
  try {
    return await started.ask<Answer>(question)
  } finally {
    await started.stop()
  }
}
