import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll } from 'vitest'
import { entries } from '../../scripts/subpaths'
import { cliBundle, cliPlugins } from '../../tsup.config'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * The folder of this package as it is installed, built of this tree in a second, without types. Not run from its sources: a loader
 * for TypeScript would also load what the command line must be able to load by itself.
 */
export function builtPackage(): Promise<string> {
  built ??= buildPackage()
  return built
}

let built: Promise<string> | undefined
afterAll(async () => {
  if (built) await rm(await built, { recursive: true, force: true })
})

async function buildPackage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'clerk-mongo-sync-built-'))
  const shared = { absWorkingDir: root, bundle: true, logLevel: 'error' } as const
  const library = { ...shared, entryPoints: entries, outdir: join(folder, 'dist'), external: ['mongoose'] }
  await Promise.all([
    build({
      ...shared,
      ...cliBundle,
      plugins: cliPlugins,
      entryPoints: { main: 'src/cli/main.ts' },
      outdir: join(folder, 'dist/cli'),
    }),
    build({ ...library, platform: 'node', format: 'esm', splitting: true }),
    build({ ...library, platform: 'node', format: 'cjs', outExtension: { '.js': '.cjs' } }),
    cp(join(root, 'package.json'), join(folder, 'package.json')),
    symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction'),
  ])
  return folder
}
