import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import manifest from '../../package.json'
import { root } from '../support/made-once'
import { buildPackage } from '../support/packed-app'

const apps = fileURLToPath(new URL('apps', import.meta.url))
const { devDependencies: versions } = manifest

/** Runs a script with this Node and returns its output. The error of a failed run contains the output. */
export function node(args: readonly string[], cwd: string, given: Record<string, string> = {}): Promise<string> {
  // A new environment, because vitest's variables would change how Jest and Node behave.
  const kept = ['PATH', 'HOME', 'USERPROFILE', 'SystemRoot', 'TEMP', 'npm_config_cache']
  const inherited = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  const env: NodeJS.ProcessEnv = { ...Object.fromEntries(inherited), ...given }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd, env, timeout: 300_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`node ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error }))
      else resolve(stdout + stderr)
    })
  })
}

/** The executable of a development dependency. */
export const program = (path: string) => join(root, 'node_modules', path)

/** Runs npm: the copy that runs these tests, if there is one. */
export function npm(args: readonly string[], cwd: string): Promise<string> {
  const cli = process.env.npm_execpath ?? join(process.execPath, '../../lib/node_modules/npm/bin/npm-cli.js')
  return node([cli, ...args, '--loglevel=error', '--no-audit', '--no-fund', '--ignore-scripts'], cwd)
}

export async function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'clerk-mongo-sync-'))
}

/** Builds this tree and packs the package for publishing. */
export async function pack(into: string): Promise<string> {
  const stage = join(into, 'package')
  await mkdir(stage, { recursive: true })
  const described = manifest.files.filter((name) => name !== 'dist' && !name.startsWith('!'))
  for (const name of ['package.json', 'README.md', 'LICENSE', ...described])
    await cp(join(root, name), join(stage, name), { recursive: true })
  await cp(await buildPackage(), join(stage, 'dist'), { recursive: true })
  await npm(['pack', '--pack-destination', into], stage)
  return join(into, `${manifest.name}-${manifest.version}.tgz`)
}

/** A folder with the three apps and the installed tarball. */
export async function installApps(into: string, tarball: string, mongoose: string): Promise<string> {
  const folder = join(into, `with-mongoose-${mongoose}`)
  await cp(apps, folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'host', version: '1.0.0', private: true }))
  const types = ['@types/express', '@types/node'] as const
  const hosts = [
    `mongoose@${mongoose}`,
    `express@${versions.express}`,
    ...types.map((name) => `${name}@${versions[name]}`),
  ]
  await npm(['install', '--prefer-offline', tarball, ...hosts], folder)
  return folder
}

export const removeFolder = (folder: string) => rm(folder, { recursive: true, force: true })
