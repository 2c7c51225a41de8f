import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'
import type { Plugin } from 'esbuild'
import { defineConfig, type Options } from 'tsup'
import { entries } from './scripts/subpaths'

const library: Options = {
  entry: entries,
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: ['es2022', 'node20'],
  dts: true,
  clean: true,
  // For CommonJS as well: without shared chunks every subpath would have an error class of its own.
  splitting: true,
  // Takes bare imports of chunks away, and leaves `?.` and `??` alone on the way to CommonJS.
  treeshake: { moduleSideEffects: false },
  // The output is readable as it is, and half the size without maps.
  sourcemap: false,
  minify: false,
}

const modules = fileURLToPath(new URL('node_modules/', import.meta.url))

/**
 * Bundles `compressed:path/in/node_modules` as the bytes of that file under Brotli, a `Uint8Array`. For the compiler that reads a
 * config: as it is, it would be larger than all the rest of the package.
 */
const compressed: Plugin = {
  name: 'compressed',
  setup(build) {
    build.onResolve({ filter: /^compressed:/ }, ({ path }) => {
      return { path: join(modules, path.slice('compressed:'.length)), namespace: 'compressed' }
    })
    build.onLoad({ filter: /./, namespace: 'compressed' }, async ({ path }) => {
      const bytes = await promisify(brotliCompress)(await readFile(path))
      // Not esbuild's loader for binary files: its modules are copied property by property, here byte by byte.
      return { contents: `export default Buffer.from('${bytes.toString('base64')}', 'base64')` }
    })
  },
}

/** How the command line is bundled, with all it needs: the package has no dependencies at run time. */
export const cliBundle = {
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Chunks, so that the compiler that reads a config is loaded by the commands that read one.
  splitting: true,
  // For CommonJS packages in it, which require Node's modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  // What the host has comes from the host; and the tour is an app as any other.
  external: ['mongoose', 'next', 'express', 'clerk-mongo-sync', 'clerk-mongo-sync/*'],
} satisfies Options

export const cliPlugins = [compressed]

const cli: Options = {
  ...cliBundle,
  // The folder in the entry's name, not in outDir: `--out-dir` replaces that, here as for the library.
  entry: { 'cli/main': 'src/cli/main.ts' },
  esbuildOptions(options) {
    options.chunkNames = 'cli/[name]-[hash]'
    // Nobody imports it. Functions keep their names, for stacks under DEBUG=1.
    options.minify = true
    options.keepNames = true
  },
  esbuildPlugins: cliPlugins,
}

export default defineConfig([library, cli])
