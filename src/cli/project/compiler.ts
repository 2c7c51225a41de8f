import compressed from 'compressed:jiti/dist/babel.cjs'
import { createRequire } from 'node:module'
import { compileFunction } from 'node:vm'
import { brotliDecompressSync } from 'node:zlib'
import type { JitiOptions } from 'jiti'

type Compiler = NonNullable<JitiOptions['transform']>

/**
 * Loads jiti's compiler (Babel). The bundle contains the file of jiti's package, unchanged, compressed with Brotli.
 * Checked with jiti 2.7.0.
 */
export function loadCompiler(): Compiler {
  const code = brotliDecompressSync(compressed).toString('utf8')
  const run = compileFunction(code, ['module', 'require'], { filename: 'jiti/dist/babel.cjs' })
  const module: { exports?: Compiler } = {}
  run(module, createRequire(import.meta.url))
  if (!module.exports) throw new Error('jiti/dist/babel.cjs does not export a compiler: the bundle is damaged.')
  return module.exports
}
