import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import manifest from '../../package.json'
import { rotated, type Spread, spreadOf } from '../shared/statistics'

const run = promisify(execFile)

/** What an import costs a process that has just started. Times in milliseconds, sizes in bytes. */
export interface ColdStartFigures {
  name: string
  /** With `import`. */
  esm: Spread
  /** With `require`. */
  cjs: Spread
  /** Its code and that of its chunks, minified and compressed, without packages that it imports. */
  gzip?: number
}

/** What `./mongoose` imports, and what verifies deliveries elsewhere. */
const others = ['mongoose', 'svix', '@clerk/backend/webhooks']

/** Imports each subpath of the built package in processes of its own. @throws {Error} if the package is not built. */
export async function benchColdStart({ rounds }: { rounds: number }): Promise<ColdStartFigures[]> {
  if (!existsSync('dist/index.js')) throw new Error('The package is not built: `npm run build` first.')
  const subpaths = Object.entries(manifest.exports).filter(([, target]) => typeof target === 'object')
  const own = subpaths.map(([subpath]) => join(manifest.name, subpath))
  const names = [...own, ...others]
  const times = new Map(names.map((name) => [name, { esm: [] as number[], cjs: [] as number[] }]))
  // The first round reads the files into the cache of the system.
  for (let round = -1; round < rounds; round++) {
    for (const name of rotated(names, Math.max(0, round))) {
      const [esm, cjs] = [await importTime(name, true), await importTime(name, false)]
      if (round < 0) continue
      times.get(name)?.esm.push(esm)
      times.get(name)?.cjs.push(cjs)
    }
  }
  return Promise.all(
    [...times].map(async ([name, { esm, cjs }]) => {
      const gzip = own.includes(name) ? await sizeOf(name) : undefined
      return { name, esm: spreadOf(esm), cjs: spreadOf(cjs), ...(gzip !== undefined && { gzip }) }
    }),
  )
}

/** A package finds itself by its own name. */
async function importTime(name: string, isEsm: boolean): Promise<number> {
  const load = isEsm ? `await import('${name}')` : `require('${name}')`
  const script = `const started = performance.now(); ${load}; process.stdout.write(String(performance.now() - started))`
  const { stdout } = await run(process.execPath, [`--input-type=${isEsm ? 'module' : 'commonjs'}`, '-e', script])
  return Number(stdout)
}

async function sizeOf(name: string): Promise<number> {
  const stdin = { contents: `export * from '${name}'`, resolveDir: process.cwd() }
  const external = ['mongoose', 'next', 'express', 'node:*', 'crypto', 'http', 'events']
  const options = { bundle: true, minify: true, write: false, format: 'esm', platform: 'node', external } as const
  const { outputFiles } = await build({ stdin, ...options, tsconfigRaw: {} })
  return gzipSync(outputFiles[0]?.contents ?? '').length
}

/** A line of the table. */
export const coldStartRow = ({ name, esm, cjs, gzip }: ColdStartFigures) => ({
  name,
  'import ms': esm.median.toFixed(1),
  'require ms': cjs.median.toFixed(1),
  'gzip KB': gzip === undefined ? '' : (gzip / 1000).toFixed(1),
})
