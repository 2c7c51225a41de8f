import Module, { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** The private function of Node (checked with 20.20 and 22) that turns what `require()` was given into a file. */
interface Resolving {
  _resolveFilename(request: string, ...rest: unknown[]): string
}

/**
 * Loads a CommonJS package on the mongoose of this run. The alias of `vitest.config.ts` covers test code only: a package that
 * requires mongoose by itself would get version 9 under MONGOOSE=8.
 */
export const requirePackage = createRequire(import.meta.url)

if (process.env.MONGOOSE === '8') {
  // The property is not in Node's types.
  const resolving = Module as unknown as Resolving
  const resolve = resolving._resolveFilename
  const root = fileURLToPath(new URL('../../node_modules/mongoose8', import.meta.url))
  resolving._resolveFilename = function (request, ...rest) {
    const isMongoose = request === 'mongoose' || request.startsWith('mongoose/')
    return resolve.call(this, isMongoose ? request.replace('mongoose', root) : request, ...rest)
  }
}
