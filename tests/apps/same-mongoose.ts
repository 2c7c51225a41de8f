import Module from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Import this before a CommonJS package that requires mongoose, so that the package gets the mongoose of this run. The
 * alias in `vitest.config.ts` covers test code only; with MONGOOSE=8 the package would get version 9.
 */

/** Node's private function that finds the file for `require()`. Checked with 20.20. */
interface Resolving {
  _resolveFilename(request: string, ...rest: unknown[]): string
}

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
