import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { madeOnce, modules, root } from './made-once'
import { run } from './process'

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

/** The folder `dist` of the built package, with its types: the one at BUILT_PACKAGE, where `npm run check` has built it already. */
export const buildPackage = () =>
  madeOnce('dist', async (draft) => {
    const { BUILT_PACKAGE: built } = process.env
    if (built) await cp(built, draft, { recursive: true })
    else await run('tsup', [join(modules, 'tsup/dist/cli-default.js'), '--out-dir', draft], { cwd: root })
  })
