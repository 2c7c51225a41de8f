import { defineConfig } from 'tsup'

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

export default defineConfig({
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
})
