import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseTsconfig } from 'get-tsconfig'

/** An import prefix for a folder. */
export interface Alias {
  /** Such as `@/`. */
  prefix: string
  /** The folder, relative to the project: `''`, `'src/'`. */
  folder: string
}

/** The project's settings for imports. */
export interface Tsconfig {
  file: 'tsconfig.json' | 'jsconfig.json'
  alias: Alias | undefined
  /** Whether imports are resolved as in Node. */
  usesNodeResolution: boolean
}

/** Reads the settings for imports from the project's tsconfig.json or jsconfig.json, including inherited ones. */
export function readTsconfig(root: string): Tsconfig | undefined {
  const file = (['tsconfig.json', 'jsconfig.json'] as const).find((name) => existsSync(join(root, name)))
  if (!file) return undefined
  const { paths = {}, baseUrl = '.', module = '', moduleResolution = module } = optionsOf(root, file)
  return {
    file,
    alias: aliasOf(root, resolve(root, baseUrl), paths),
    usesNodeResolution: /^node(next|\d\d)$/i.test(moduleResolution) && !/^node10$/i.test(moduleResolution),
  }
}

interface Options {
  paths?: Partial<Record<string, string[]>>
  baseUrl?: string
  module?: string
  moduleResolution?: string
}

function optionsOf(root: string, file: string): Options {
  try {
    return (parseTsconfig(join(root, file)).compilerOptions ?? {}) as Options
  } catch {
    // The compiler reports invalid files.
    return {}
  }
}

function aliasOf(root: string, base: string, paths: NonNullable<Options['paths']>): Alias | undefined {
  for (const prefix of ['@/', '~/']) {
    const [target] = paths[`${prefix}*`] ?? []
    if (!target?.endsWith('/*')) continue
    const folder = relative(root, resolve(base, target.slice(0, -1))).replaceAll('\\', '/')
    if (!folder.startsWith('..')) return { prefix, folder: folder === '' ? '' : `${folder}/` }
  }
  return undefined
}
