import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './free-port'
import type { StartedMongo } from './start-mongo'

const run = promisify(execFile)
const VERSION = '0.7.0b3'
/** For each step of the installation: one that waits for a network that does not answer must not wait for ever. */
const limit = { timeout: 5 * 60_000 }

export interface SecantusOptions {
  /** A folder keeps the data, synced at each commit, for tests that kill the server. @default in memory */
  storagePath?: string
  port?: number
}

export interface RunningSecantus extends StartedMongo {
  port: number
  process: ChildProcess
}

/** A MongoDB-compatible server from PyPI, in a virtual environment of its own under the user's cache folder. */
export async function startSecantus(
  say: (line: string) => void = () => {},
  { storagePath, port }: SecantusOptions = {},
): Promise<RunningSecantus> {
  const python = await install(say)
  const storage = storagePath ? ['--storage-path', storagePath, '--sync-on-commit'] : ['--storage-path', ':memory:']
  const chosen = port ?? (await freePort())
  // Started as a module: the environment is renamed when complete, and its scripts contain the old path.
  const main = [
    'import faulthandler, signal, sys',
    'if hasattr(faulthandler, "register"): faulthandler.register(signal.SIGUSR1, all_threads=True)',
    'from secantus.cli import main',
    'sys.exit(main())',
  ].join('\n')
  // By default a gigabyte. When it is full, at about 850,000 users, a large insert is answered with an internal error.
  const cache = ['--cache-size', '4G']
  const flags = ['--port', String(chosen), ...storage, ...cache, '--log-level', 'ERROR', '--enable-test-commands']
  const child = spawn(python, ['-c', main, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (text) => {
    complaint = `${complaint}${text}`.slice(-20_000)
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  await Promise.race([
    accepts(chosen),
    new Promise((_, reject) =>
      child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${complaint.trim().slice(-2000)}`))),
    ),
  ])
  // Its retryable-write list is quadratic: with it a thousand writes take seconds.
  const uri = `mongodb://127.0.0.1:${chosen}/?retryWrites=false&directConnection=true`
  const stacks = async () => {
    if (process.platform === 'win32') return ''
    child.kill('SIGUSR1')
    await sleep(2_000)
    return complaint
  }
  return { uri, port: chosen, process: child, stop: () => stop(child, kill), stacks }
}

async function stop(child: ChildProcess, kill: () => void): Promise<void> {
  process.removeListener('exit', kill)
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(kill, 3_000)
  await ended
  clearTimeout(timer)
}

/** The Python of the environment. Created aside and renamed when complete, so that concurrent runs never see half of it. */
async function install(say: (line: string) => void): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'clerk-mongo-sync')
  const target = join(cache, `secantusdb-${VERSION}`)
  const binary = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']
  if (existsSync(join(target, ...binary))) return join(target, ...binary)
  const python = await findPython()
  say(`MongoDB: installing SecantusDB ${VERSION} (once, some 15 seconds)`)
  const draft = `${target}.${process.pid}.${Date.now()}`
  await mkdir(cache, { recursive: true })
  try {
    await run(python, ['-m', 'venv', draft], limit)
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `SecantusDB==${VERSION}`]
    await run(join(draft, ...binary), pip, limit)
    await rename(draft, target).catch((error) => {
      if (!existsSync(join(target, ...binary))) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return join(target, ...binary)
}

async function findPython(): Promise<string> {
  const script = 'import sys; sys.exit(0 if (3, 10) <= sys.version_info[:2] <= (3, 13) else 1)'
  for (const name of ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python']) {
    const fits = await run(name, ['-c', script]).then(
      () => true,
      () => false,
    )
    if (fits) return name
  }
  throw new Error('no Python 3.10 to 3.13 found')
}

async function accepts(port: number): Promise<void> {
  const { connect } = await import('node:net')
  for (let attempt = 0; attempt < 300; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
      socket.on('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('it did not start within 30 seconds')
}
