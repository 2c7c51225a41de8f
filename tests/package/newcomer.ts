import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, expect } from 'vitest'
import manifest from '../../package.json'
import { freePort } from '../support/free-port'
import { type StartedServer, startServer } from '../support/process'
import { killShell, openShell, type Shell } from '../support/shell'

const { devDependencies: tested } = manifest

/** A package.json with the given versions, or those that this repository is tested with. */
export function packageJson(
  names: readonly string[],
  versions: Record<string, string> = {},
  more: object = {},
): object {
  const known: Partial<Record<string, string>> = { ...tested, ...versions }
  const dependencies = names.map((name) => [name, known[name] ?? '*'])
  return { name: 'app', private: true, dependencies: Object.fromEntries(dependencies), ...more }
}

interface Printed {
  code: number | null
  stdout: string
  stderr: string
}

interface Running {
  /** Resolves when the output contains the pattern. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
}

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A person with an app in a folder, a terminal, and the tarball of this package. */
export class Newcomer {
  private constructor(
    readonly path: string,
    private readonly tarball: string,
    /** A free port for the app. */
    readonly port: number,
  ) {}

  /** @param files The app's files. `<port>` in them is replaced with a free port. */
  static async with(path: string, tarball: string, files: Record<string, string | object>): Promise<Newcomer> {
    const newcomer = new Newcomer(path, tarball, await freePort())
    for (const [name, text] of Object.entries(files)) {
      const filled = (typeof text === 'string' ? text : JSON.stringify(text)).replaceAll('<port>', `${newcomer.port}`)
      await newcomer.write(name, filled)
    }
    return newcomer
  }

  async write(name: string, text: string): Promise<void> {
    const file = join(this.path, name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }

  read = (name: string) => readFile(join(this.path, name), 'utf8')

  /** Sets the variables that init has left empty. */
  async fill(file: string, values: Record<string, string>): Promise<void> {
    let text = await this.read(file)
    for (const [name, value] of Object.entries(values)) {
      expect(text).toContain(`${name}=\n`)
      text = text.replace(`${name}=\n`, `${name}=${value}\n`)
    }
    await this.write(file, text)
  }

  /** Runs a printed command, with the tarball instead of the unpublished package. */
  paste(command: string, folder = ''): Promise<Printed> {
    return new Promise((resolve) => {
      const child = this.open(command, folder)
      const printed = { stdout: '', stderr: '' }
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].on('data', (text: string) => {
          printed[name] += text
        })
      }
      child.once('close', (code) => resolve({ code, ...printed }))
    })
  }

  /** The same, for a command that must succeed. @returns its stdout */
  async run(command: string, folder = ''): Promise<string> {
    const { code, stdout, stderr } = await this.paste(command, folder)
    expect({ command, code, printed: code === 0 ? '' : stdout + stderr }).toEqual({ command, code: 0, printed: '' })
    return stdout
  }

  /** The same, for a command that runs until the test ends. */
  async keepRunning(command: string, folder = ''): Promise<Running> {
    const child = this.open(command, folder)
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (more: string) => {
        text += more
      })
    }
    const printed = async (pattern: RegExp) => {
      for (let found = pattern.exec(text); ; found = pattern.exec(text)) {
        if (found) return found
        if (child.exitCode !== null) throw new Error(`${command} ended without ${pattern}:\n${text}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    return { printed }
  }

  /** Starts the app with Node on its own port. */
  async start(args: readonly string[], folder = ''): Promise<StartedServer> {
    const server = await startServer(args, { cwd: join(this.path, folder), port: this.port })
    closers.push(server.close)
    return server
  }

  private open(command: string, folder: string): Shell {
    const pasted = command.replace(/(npm install (?:-\S+ )*)clerk-mongo-sync/, `$1${this.tarball}`)
    const shell = openShell(pasted, join(this.path, folder))
    closers.push(() => killShell(shell))
    return shell
  }
}
