import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import manifest from '../../package.json'
import { installApps, makeFolder, node, pack, program, removeFolder } from './scratch'

const env = { MONGODB_URI: inject('mongoUri') }
const oldest = /^\^(8\.\d+\.\d+) /.exec(manifest.peerDependencies.mongoose)?.[1] as string
const newest = manifest.devDependencies.mongoose

// Compilers and package managers are slow, especially while other tests run.
vi.setConfig({ testTimeout: 120_000 })

let folder: string
let tarball: string

beforeAll(async () => {
  folder = await makeFolder()
  tarball = await pack(folder)
}, 120_000)

afterAll(() => removeFolder(folder))

describe.each([
  ['newest', newest],
  ['oldest', oldest],
])('the packed package beside the %s mongoose, %s', (_, mongoose) => {
  let host: string

  beforeAll(async () => {
    host = await installApps(folder, tarball, mongoose)
  }, 120_000)

  // Compiles the files that the next two tests run.
  it('type-checks strictly in an ESM and in a CommonJS app', async () => {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2022',
      lib: ['es2023'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      // With the newest version, our declarations and mongoose's are checked too.
      skipLibCheck: mongoose !== newest,
    }
    const project = { compilerOptions, files: ['esm/app.mts', 'cjs/app.cts'] }
    await writeFile(join(host, 'tsconfig.json'), JSON.stringify(project))
    expect(await node([program('typescript/bin/tsc')], host)).toBe('')
  })

  it('takes signed deliveries in an ESM app', async () => {
    expect(await node(['esm/app.mjs'], host, env)).toContain('passed')
  })

  it('takes signed deliveries in a CommonJS app, on a Node that cannot require ES modules', async () => {
    expect(await node(['--no-experimental-require-module', 'cjs/app.cjs'], host, env)).toContain('passed')
  })

  it('takes signed deliveries in a CommonJS Jest project', async () => {
    const flags = ['--rootDir', join(host, 'jest'), '--config', '{"testEnvironment":"node"}', '--no-cache', '--ci']
    expect(await node([program('jest/bin/jest.js'), ...flags], host, env)).toMatch(/Tests: +4 passed, 4 total/)
  })
})

describe('the packed package', () => {
  const host = () => join(folder, `with-mongoose-${newest}`)

  it('contains the build, licences and documents, and no foreign code except for verification', async () => {
    const installed = join(host(), 'node_modules/clerk-mongo-sync')
    const files = await readdir(installed, { recursive: true })
    const expected =
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|THIRD-PARTY-LICENSES|(docs|examples)(\W.+)?|dist|dist\W[\w-]+\.(js|cjs|d\.ts|d\.cts)|dist\Wcli(\W[\w-]+\.js)?)$/
    expect(files.filter((file) => !expected.test(file))).toEqual([])
    for (const file of ['LICENSE', 'THIRD-PARTY-LICENSES', 'package.json']) expect(files).toContain(file)

    // The command line bundles its dependencies; apps do not import it.
    const library = files.filter((file) => /\.c?js$/.test(file) && !/^dist\Wcli\W/.test(file))
    const code = library.map((file) => readFile(join(installed, file), 'utf8'))
    const modules = [...(await Promise.all(code)).join('\n').matchAll(/^\/\/ (?:.*\/)?node_modules\/(.+)$/gm)].map(
      ([, path]) => path,
    )
    expect([...new Set(modules)].sort()).toEqual([
      '@stablelib/base64/lib/base64.js',
      'fast-sha256/sha256.js',
      'standardwebhooks/dist/index.js',
      'standardwebhooks/dist/timing_safe_equal.js',
      'svix/dist/index.mjs',
    ])
    expect((await Promise.all(code)).filter((text) => text.includes('api.svix.com'))).toEqual([])
  })

  it('is smaller than 3.5 MB unpacked', async () => {
    const installed = join(host(), 'node_modules/clerk-mongo-sync')
    const entries = await readdir(installed, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(file.parentPath, file.name))).size))
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(3_500_000)
  })

  it('contains the compiler of jiti unchanged', async () => {
    const folder = join(host(), 'node_modules/clerk-mongo-sync/dist/cli')
    const chunk = (await readdir(folder)).find((name) => name.startsWith('compiler-')) as string
    const [, packed = ''] =
      /Buffer\.from\("([\w+/=]+)","base64"\)/.exec(await readFile(join(folder, chunk), 'utf8')) ?? []
    const unpacked = brotliDecompressSync(Buffer.from(packed, 'base64'))
    expect(unpacked.equals(await readFile(program('jiti/dist/babel.cjs')))).toBe(true)
  })

  it('has a command line that runs where it is installed, without any dependency', async () => {
    const main = 'node_modules/clerk-mongo-sync/dist/cli/main.js'
    expect(await node([main, '--help'], host())).toContain('backfill')
    await writeFile(join(host(), 'clerk-sync.config.ts'), "throw new Error('read ' + (1 as number))\n")
    await expect(node([main, 'status'], host())).rejects.toThrow('read 1')
  })

  it('type-checks with the old module resolution of TypeScript', async () => {
    const compilerOptions = {
      module: 'commonjs',
      moduleResolution: 'node10',
      target: 'es2022',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
    }
    const code = ['', '/mongoose', '/next', '/express', '/fetch', '/node', '/testing'].map(
      (subpath, i) => `import * as m${i} from 'clerk-mongo-sync${subpath}'\nvoid m${i}`,
    )
    await writeFile(join(host(), 'old.ts'), code.join('\n'))
    await writeFile(join(host(), 'tsconfig.old.json'), JSON.stringify({ compilerOptions, files: ['old.ts'] }))
    expect(await node([program('typescript/bin/tsc'), '-p', 'tsconfig.old.json'], host())).toBe('')
  })

  async function runScript(name: string, code: string): Promise<unknown> {
    await writeFile(join(host(), name), code)
    return JSON.parse(await node(['--no-experimental-require-module', name], host()))
  }

  it('exports the same names by import and by require, at every subpath', async () => {
    // Only one subpath needs it, and apps of the other tests do not have it.
    await mkdir(join(host(), 'node_modules/@opentelemetry'))
    await symlink(dirname(program('@opentelemetry/api/package.json')), join(host(), 'node_modules/@opentelemetry/api'))
    const subpaths = Object.keys(manifest.exports).filter((subpath) => !subpath.endsWith('.json'))
    const names = (await runScript(
      'subpaths.mjs',
      `import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      const keys = (module) => Object.keys(module).filter((key) => key !== 'default' && key !== '__esModule').sort()
      const rows = ${JSON.stringify(subpaths)}.map((subpath) => 'clerk-mongo-sync' + subpath.slice(1)).map(async (id) => {
        return { imported: keys(await import(id)), required: keys(require(id)) }
      })
      console.log(JSON.stringify(await Promise.all(rows)))`,
    )) as { imported: string[]; required: string[] }[]
    expect(subpaths).toContain('./koa')
    expect(names).toHaveLength(subpaths.length)
    for (const { imported, required } of names) {
      expect(imported.length).toBeGreaterThan(0)
      expect(required).toEqual(imported)
    }
  })

  it('recognises its errors across subpaths by class, and across module formats by guard', async () => {
    const code = `
      import { createRequire } from 'node:module'
      import * as esm from 'clerk-mongo-sync'
      import { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
      import { Schema } from 'mongoose'
      const require = createRequire(import.meta.url)
      const cjs = require('clerk-mongo-sync')
      const thrownBy = (plugin) => {
        try { plugin(new Schema({}), { paths: { nobody: 'x' } }) } catch (error) { return error }
      }
      const errors = { esm: thrownBy(clerkSyncPlugin), cjs: thrownBy(require('clerk-mongo-sync/mongoose').clerkSyncPlugin) }
      console.log(JSON.stringify({
        sameFormat: [errors.esm instanceof esm.ClerkSyncError, errors.cjs instanceof cjs.ClerkSyncError],
        otherClass: [errors.esm instanceof cjs.ClerkSyncError, errors.cjs instanceof esm.ClerkSyncError],
        guard: [cjs.isClerkSyncError(errors.esm), esm.isClerkSyncError(errors.cjs)],
        foreign: [cjs.isClerkSyncError(new Error('x')), esm.isClerkSyncError(undefined)],
      }))`
    expect(await runScript('errors.mjs', code)).toEqual({
      sameFormat: [true, true],
      otherClass: [false, false],
      guard: [true, true],
      foreign: [false, false],
    })
  })
})
