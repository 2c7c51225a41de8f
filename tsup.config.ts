import { defineConfig, type Options } from 'tsup'

/** One entry per subpath of `exports` in package.json. */
export const entry = {
  index: 'src/index.ts',
  mongoose: 'src/mongoose/index.ts',
  next: 'src/adapters/next.ts',
  express: 'src/adapters/express.ts',
  fetch: 'src/adapters/fetch.ts',
  node: 'src/adapters/node.ts',
  testing: 'src/testing/index.ts',
}

const library: Options = {
  entry,
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
  // What the host has comes from the host.
  external: ['mongoose', 'next', 'express'],
} satisfies Options

const cli: Options = {
  ...cliBundle,
  // The folder in the entry's name, not in outDir: `--out-dir` replaces that, here as for the library.
  entry: { 'cli/main': 'src/cli/main.ts' },
  esbuildOptions(options) {
    options.chunkNames = 'cli/[name]-[hash]'
  },
  minify: false,
}

export default defineConfig([library, cli])
