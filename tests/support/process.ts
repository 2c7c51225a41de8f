import { execFile, spawn } from 'node:child_process'
import { freePort } from './free-port'

export interface RunOptions {
  cwd: string
  env?: Record<string, string>
  /** What runs the script. @default this Node */
  program?: string
}

export interface ServerOptions extends RunOptions {
  /** Port of an app that ignores PORT. */
  port?: number
}

/** Runs a script with this Node to its end. @throws with all it printed, unless it ends well. */
export function run(
  title: string,
  args: readonly string[],
  { cwd, env, program = process.execPath }: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, env: environment(env) }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${title} failed:\n${stdout}\n${stderr}`))
      else resolve(stdout)
    })
  })
}

export interface StartedServer {
  url: string
  /** All it has printed so far. */
  printed(): string
  close(): Promise<void>
}

/** Starts a script with this Node that serves HTTP at `PORT`, and waits until something listens there. */
export async function startServer(
  args: readonly string[],
  { cwd, env, port: given, program = process.execPath }: ServerOptions,
): Promise<StartedServer> {
  const port = given ?? (await freePort())
  const child = spawn(program, args, { cwd, env: environment({ ...env, PORT: String(port) }) })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      printed += text
    })
  }
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const close = async () => {
    process.removeListener('exit', kill)
    child.kill('SIGTERM')
    const timer = setTimeout(kill, 3_000)
    await ended
    clearTimeout(timer)
  }
  const url = `http://127.0.0.1:${port}`
  for (let waited = 0; waited < 30_000 && child.exitCode === null; waited += 50) {
    const answers = await fetch(url).then(
      () => true,
      () => false,
    )
    if (answers) return { url, printed: () => printed, close }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await close()
  throw new Error(`The server did not start:\n${printed}`)
}

/** The environment without variables of the test run, which frameworks read. */
function environment(env: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return { PATH, HOME, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production', ...env }
}
