import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CommandError } from '../terminal/run-command'
import { fileRouted } from './file-routes'
import { type Alias, readTsconfig } from './read-tsconfig'
import { readSources, type SourceFile } from './source-files'

/** Kinds of apps that `init` can set up. */
export const frameworks = [
  ...(['next-app', 'next-pages', 'nest', 'express', 'fastify', 'koa', 'hono', 'h3', 'elysia'] as const),
  ...fileRouted,
  ...(['aws-lambda', 'google-cloud-functions', 'fetch', 'node'] as const),
] as const
/** One of these kinds. */
export type Framework = (typeof frameworks)[number]
/** Package manager of the project. */
export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun'

/** Properties of an app's project that determine how code for it is written. */
export interface Project {
  root: string
  framework: Framework
  /** Folder of its code: `''` or `'src/'`. */
  base: '' | 'src/'
  isTypeScript: boolean
  /** Extension of new files. */
  extension: 'ts' | 'js'
  /** Module system of new code. TypeScript always uses `import`. */
  modules: 'esm' | 'cjs'
  /** Whether Node itself resolves imports, and so needs file extensions. */
  needsExtensions: boolean
  alias: Alias | undefined
  packageManager: PackageManager
  sources: SourceFile[]
  /** Whether package.json has a dependency. */
  has(name: string): boolean
}

interface Manifest {
  type?: string
  packageManager?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

/** Reads the project in a folder. @throws {CommandError} `no_project` without a package.json. */
export function readProject(root: string, named?: Framework): Project {
  const manifest = readManifest(root)
  const has = (name: string) => Boolean(manifest.dependencies?.[name] ?? manifest.devDependencies?.[name])
  const framework = named ?? frameworkOf(root, has)
  const isNext = framework.startsWith('next')
  const sources = readSources(root)
  const tsconfig = readTsconfig(root)
  const isTypeScript = tsconfig?.file === 'tsconfig.json' || (tsconfig === undefined && has('typescript'))
  const isModule = manifest.type === 'module'
  const modules = isTypeScript || isNext || isModule || writesImports(root, sources) ? 'esm' : 'cjs'
  const usesNodeResolution = isTypeScript ? (tsconfig?.usesNodeResolution ?? false) && isModule : modules === 'esm'
  return {
    root,
    framework,
    base: baseOf(root, framework, sources),
    isTypeScript,
    extension: isTypeScript ? 'ts' : 'js',
    modules,
    needsExtensions: usesNodeResolution && !isNext,
    // Bundlers resolve the alias; Node may not.
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
    throw new CommandError(`${path} is not valid JSON.`, { code: 'no_project', cause })
  }
}

/** Other frameworks whose routes take a `Request`. */
const fetchFrameworks = ['@remix-run/node', 'itty-router']
/** Frameworks that bear the name of their package. The first that is installed counts. */
const namedFrameworks = ['express', 'fastify', 'koa', 'hono', 'elysia', 'h3'] as const
/** Frameworks that are known by a package of theirs. */
const byPackage: readonly (readonly [name: string, framework: Framework])[] = [
  ['@sveltejs/kit', 'sveltekit'],
  ['astro', 'astro'],
  ['@react-router/node', 'react-router'],
  ['@tanstack/react-start', 'tanstack-start'],
  ['@solidjs/start', 'solid-start'],
  ['@azure/functions', 'azure-functions'],
  ['@google-cloud/functions-framework', 'google-cloud-functions'],
  ['@types/aws-lambda', 'aws-lambda'],
]

function frameworkOf(root: string, has: Project['has']): Framework {
  const exists = (name: string) => existsSync(join(root, name)) || existsSync(join(root, 'src', name))
  if (has('next')) return exists('pages') && !exists('app') ? 'next-pages' : 'next-app'
  if (has('nuxt') || has('nitropack')) return 'nitro'
  if (has('@nestjs/core')) return 'nest'
  const [, framework] = byPackage.find(([name]) => has(name)) ?? []
  return namedFrameworks.find(has) ?? framework ?? (fetchFrameworks.some(has) ? 'fetch' : 'node')
}

function baseOf(root: string, framework: Framework, sources: readonly SourceFile[]): Project['base'] {
  // Next.js uses `src/app` only if there is no `app`.
  if (framework === 'next-app' || framework === 'next-pages') {
    const folder = framework === 'next-app' ? 'app' : 'pages'
    return !existsSync(join(root, folder)) && existsSync(join(root, 'src')) ? 'src/' : ''
  }
  return sources.some(({ path }) => path.startsWith('src/')) ? 'src/' : ''
}

/** Whether JavaScript that Node may run as CommonJS uses `import`. Ignores configuration files and other packages. */
function writesImports(root: string, sources: readonly SourceFile[]): boolean {
  const own = sources.filter(
    ({ path }) => /\.jsx?$/.test(path) && !/\.config\.js$/.test(path) && !isOfPackage(root, path),
  )
  const isCjs = own.some(({ code }) => /^(?:const|let|var)\b[^\n]*=\s*require\(|^(?:module\.)?exports\b/m.test(code))
  return !isCjs && own.some(({ code }) => /^import\s[^\n]*['"]/m.test(code))
}

/** Whether a file belongs to a nested package, such as the `client` beside a server. */
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
