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
 * Builds this package without types and returns its folder, as npm would install it. The tests do not run the sources,
 * because a TypeScript loader would also load files that the command line must load itself.
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
