import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import ours from '../../package.json'
import { npm, pack } from '../package/scratch'
import { madeOnce } from './made-once'
import type { PackedApp } from './packed-app'

/**
 * A copy of an app outside the repository, into which npm has installed what it names, and this tree's tarball.
 * @param added Versions of more packages.
 */
export async function installApp(source: string, added: Record<string, string> = {}): Promise<PackedApp> {
  const folder = await madeOnce('tarball', async (draft) => void (await pack(draft)))
  const path = await mkdtemp(join(tmpdir(), `clerk-mongo-sync-${basename(source)}-`))
  await cp(source, path, { recursive: true, filter: (file) => basename(file) !== 'node_modules' })
  const file = join(path, 'package.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  Object.assign(manifest.dependencies, added)
  manifest.dependencies[ours.name] = `file:${join(folder, `${ours.name}-${ours.version}.tgz`)}`
  await writeFile(file, JSON.stringify(manifest))
  await npm(['install', '--prefer-offline'], path)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
