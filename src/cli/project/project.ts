import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CommandError } from '../terminal/run-command'
import { type Alias, readTsconfig } from './read-tsconfig'
import { readSources, type SourceFile } from './source-files'

export const frameworks = ['next-app', 'next-pages', 'nest', 'express', 'hono', 'fetch', 'node'] as const
export type Framework = (typeof frameworks)[number]
export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun'

/** What of a host's project decides how code for it is written. */
export interface Project {
  root: string
  framework: Framework
  /** Where its code is below the root: `''` or `'src/'`. */
  base: '' | 'src/'
  isTypeScript: boolean
  /** Of files that are made. */
  extension: 'ts' | 'js'
  /** How code is written; TypeScript is always written with `import`. */
  modules: 'esm' | 'cjs'
  /** Whether Node itself resolves the imports between files, and wants their extensions. */
  needsExtensions: boolean
  alias: Alias | undefined
  packageManager: PackageManager
  sources: SourceFile[]
  /** Whether package.json names a dependency. */
  has(name: string): boolean
}

interface Manifest {
  type?: string
  packageManager?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

/** Looks at the project in a folder. @throws {CommandError} `no_project` where no package.json is. */
export function readProject(root: string, asked?: Framework): Project {
  const manifest = readManifest(root)
  const has = (name: string) => Boolean(manifest.dependencies?.[name] ?? manifest.devDependencies?.[name])
  const framework = asked ?? frameworkOf(root, has)
  const isNext = framework.startsWith('next')
  const sources = readSources(root)
  const tsconfig = readTsconfig(root)
  const isTypeScript = tsconfig?.file === 'tsconfig.json' || (tsconfig === undefined && has('typescript'))
  const isModule = manifest.type === 'module'
  const modules = isTypeScript || isNext || isModule || writesImports(root, sources) ? 'esm' : 'cjs'
  const isNodes = isTypeScript ? (tsconfig?.isNodes ?? false) && isModule : modules === 'esm'
  return {
    root,
    framework,
    base: baseOf(root, framework, sources),
    isTypeScript,
    extension: isTypeScript ? 'ts' : 'js',
    modules,
    needsExtensions: isNodes && !isNext,
    // Bundlers know it; what Node runs may not.
    alias: isNext ? tsconfig?.alias : undefined,
    packageManager: packageManagerOf(root, manifest),
    sources,
    has,
  }
}

function readManifest(root: string): Manifest {
  const path = join(root, 'package.json')
  if (!existsSync(path)) {
    const message = `There is no package.json in ${root}. Run this in the folder of your project.`
    throw new CommandError(message, { code: 'no_project' })
  }
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new CommandError(`${path} is no JSON.`, { code: 'no_project', cause })
  }
}

/** Frameworks whose routes take a `Request`, beside those with a line of their own. */
const fetchFrameworks = [
  'elysia',
  'h3',
  'astro',
  '@sveltejs/kit',
  '@remix-run/node',
  '@react-router/node',
  'itty-router',
]

function frameworkOf(root: string, has: Project['has']): Framework {
  const exists = (name: string) => existsSync(join(root, name)) || existsSync(join(root, 'src', name))
  if (has('next')) return exists('pages') && !exists('app') ? 'next-pages' : 'next-app'
  if (has('@nestjs/core')) return 'nest'
  if (has('express')) return 'express'
  if (has('hono')) return 'hono'
  return fetchFrameworks.some(has) ? 'fetch' : 'node'
}

function baseOf(root: string, framework: Framework, sources: readonly SourceFile[]): Project['base'] {
  // Next.js takes `src/app` only where there is no `app`.
  if (framework === 'next-app' || framework === 'next-pages') {
    const folder = framework === 'next-app' ? 'app' : 'pages'
    return !existsSync(join(root, folder)) && existsSync(join(root, 'src')) ? 'src/' : ''
  }
  return sources.some(({ path }) => path.startsWith('src/')) ? 'src/' : ''
}

/** Whether JavaScript that Node may take for CommonJS is written with `import`. Settings of tools and other packages do not count. */
function writesImports(root: string, sources: readonly SourceFile[]): boolean {
  const own = sources.filter(
    ({ path }) => /\.jsx?$/.test(path) && !/\.config\.js$/.test(path) && !isOfPackage(root, path),
  )
  const isCjs = own.some(({ code }) => /^(?:const|let|var)\b[^\n]*=\s*require\(|^(?:module\.)?exports\b/m.test(code))
  return !isCjs && own.some(({ code }) => /^import\s[^\n]*['"]/m.test(code))
}

/** Whether a file belongs to a package of its own below this one, such as the `client` beside a server. */
function isOfPackage(root: string, path: string): boolean {
  const folder = dirname(path)
  return folder !== '.' && (existsSync(join(root, folder, 'package.json')) || isOfPackage(root, folder))
}

const lockFiles: readonly (readonly [file: string, manager: PackageManager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
]

function packageManagerOf(root: string, { packageManager }: Manifest): PackageManager {
  const [, named] = /^(npm|pnpm|yarn|bun)@/.exec(packageManager ?? '') ?? []
  if (named) return named as PackageManager
  const found = lockFiles.find(([file]) => existsSync(join(root, file)))
  if (found) return found[1]
  const above = dirname(root)
  return above === root ? 'npm' : packageManagerOf(above, {})
}
