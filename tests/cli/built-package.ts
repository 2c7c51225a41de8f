import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { entries } from '../../scripts/subpaths'
import { cliBundle, cliPlugins } from '../../tsup.config'
import { madeOnce, root } from '../support/made-once'

/**
 * This package as npm would install it, built without types, which is quicker. The tests do not run the sources, because a
 * TypeScript loader would also load files that the command line must load itself.
 */
export function builtPackage(): Promise<string> {
  built ??= madeOnce('without-types', buildPackage)
  return built
}

let built: Promise<string> | undefined

async function buildPackage(folder: string): Promise<void> {
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
  ])
}
