import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './process'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const modules = join(root, 'node_modules')

export interface PackedApp {
  path: string
  remove(): Promise<void>
}

/** A copy of an app outside the repository, with this tree's `clerk-mongo-sync` as users get it: built, and by its exports. */
export async function packApp(source: string): Promise<PackedApp> {
  const dist = await buildPackage()
  const path = await mkdtemp(join(tmpdir(), `clerk-mongo-sync-${basename(source)}-`))
  const isSource = (file: string) => !['node_modules', '.next', '.env'].includes(basename(file))
  await cp(source, path, { recursive: true, filter: isSource })
  const ours = join(path, 'node_modules', 'clerk-mongo-sync')
  await mkdir(ours, { recursive: true })
  await cp(dist, join(ours, 'dist'), { recursive: true })
  await cp(join(root, 'package.json'), join(ours, 'package.json'))
  await linkDependencies(join(path, 'node_modules'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

async function linkDependencies(target: string): Promise<void> {
  const names = (await readdir(modules)).filter((name) => !name.startsWith('.') && name !== 'clerk-mongo-sync')
  const sourceOf = (name: string) => (name === 'mongoose' && process.env.MONGOOSE === '8' ? 'mongoose8' : name)
  await Promise.all(names.map((name) => symlink(join(modules, sourceOf(name)), join(target, name), 'junction')))
}

/** The folder `dist` of the built package, made once for each state of the sources, however many test files ask at the same time. */
export async function buildPackage(): Promise<string> {
  const target = join(modules, '.cache', 'clerk-mongo-sync', await stateOfSources())
  const lock = `${target}.lock`
  await mkdir(join(target, '..'), { recursive: true })
  while (!existsSync(target)) {
    if (await takes(lock)) await build(target).finally(() => rm(lock, { recursive: true }))
    else await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return target
}

async function build(target: string): Promise<void> {
  if (existsSync(target)) return
  const draft = `${target}.draft`
  await run('tsup', [join(modules, 'tsup/dist/cli-default.js'), '--out-dir', draft], { cwd: root })
  await rename(draft, target)
}

/** Takes the lock, also one left by a killed run. @returns whether it is ours. */
async function takes(lock: string): Promise<boolean> {
  const age = await stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  )
  if (age > 60_000) await rm(lock, { recursive: true, force: true })
  return mkdir(lock).then(
    () => true,
    () => false,
  )
}

async function stateOfSources(): Promise<string> {
  const files = (await readdir(join(root, 'src'), { recursive: true })).filter((file) => file.endsWith('.ts')).sort()
  const hash = createHash('sha256')
  for (const file of [...files.map((name) => join('src', name)), 'tsup.config.ts', 'package-lock.json'])
    hash.update(file).update(await readFile(join(root, file)))
  return hash.digest('hex').slice(0, 16)
}
