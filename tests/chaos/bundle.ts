import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { LibraryExports } from './subject'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '../..')
const folder = join(root, 'node_modules/.cache/clerk-mongo-sync-chaos')
let made = 0

/**
 * Bundles a file of this folder with the library into JavaScript, in a folder that can resolve packages.
 * @param packages `bundle`: with the packages as well, so that a process starts faster.
 */
export async function bundle(
  entry: string,
  plugins: Plugin[] = [],
  packages: 'external' | 'bundle' = 'external',
): Promise<string> {
  const outfile = join(folder, `${entry}.${process.pid}.${++made}.mjs`)
  await mkdir(folder, { recursive: true })
  const older = process.env.MONGOOSE === '8' ? { alias: { mongoose: 'mongoose8' } } : {}
  await build({
    entryPoints: [join(here, `${entry}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages,
    // For the packages that are CommonJS.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    tsconfig: join(root, 'tsconfig.json'),
    logLevel: 'error',
    plugins,
    metafile: true,
    ...older,
  })
  return outfile
}

export async function importBundle(entry: string, plugins: Plugin[]): Promise<LibraryExports> {
  return (await import(pathToFileURL(await bundle(entry, plugins)).href)) as LibraryExports
}
