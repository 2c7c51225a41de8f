import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const modules = join(root, 'node_modules')

/** A folder made once for each state of the sources, however many test files ask at the same time. @param make Fills the folder. */
export async function madeOnce(name: string, make: (draft: string) => Promise<void>): Promise<string> {
  return madeAt(join(modules, '.cache', 'clerk-mongo-sync', `${await stateOfSources()}-${name}`), make)
}

/** The same for a folder that does not depend on the sources. */
export async function madeAt(target: string, make: (draft: string) => Promise<void>): Promise<string> {
  const lock = `${target}.lock`
  await mkdir(join(target, '..'), { recursive: true })
  while (!existsSync(target)) {
    if (await takes(lock)) await makeAside(target, make).finally(() => rm(lock, { recursive: true }))
    else await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return target
}

async function makeAside(target: string, make: (draft: string) => Promise<void>): Promise<void> {
  if (existsSync(target)) return
  const draft = `${target}.draft`
  // What a killed run left.
  await rm(draft, { recursive: true, force: true })
  await make(draft)
  await rename(draft, target)
}

/** Takes the lock, also one left by a killed run. @returns whether it is ours. */
async function takes(lock: string): Promise<boolean> {
  const age = await stat(lock).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  )
  if (age > 120_000) await rm(lock, { recursive: true, force: true })
  return mkdir(lock).then(
    () => true,
    () => false,
  )
}

async function stateOfSources(): Promise<string> {
  const files = (await readdir(join(root, 'src'), { recursive: true })).filter((file) => file.endsWith('.ts')).sort()
  const hash = createHash('sha256')
  const settings = ['package.json', 'package-lock.json', 'scripts/subpaths.ts', 'tsup.config.ts']
  for (const file of [...files.map((name) => join('src', name)), ...settings])
    hash.update(file).update(await readFile(join(root, file)))
  return hash.digest('hex').slice(0, 16)
}
