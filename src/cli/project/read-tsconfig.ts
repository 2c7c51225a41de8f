import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseTsconfig } from 'get-tsconfig'

/** A prefix that stands for a folder in imports. */
export interface Alias {
  /** `@/` */
  prefix: string
  /** What it stands for, below the project's folder: `''`, `'src/'`. */
  folder: string
}

export interface Tsconfig {
  file: 'tsconfig.json' | 'jsconfig.json'
  alias: Alias | undefined
  /** Whether imports are resolved as Node resolves them. */
  isNodes: boolean
}

/** What the project's own tsconfig.json, or jsconfig.json, says about imports, with all it extends. */
export function readTsconfig(root: string): Tsconfig | undefined {
  const file = (['tsconfig.json', 'jsconfig.json'] as const).find((name) => existsSync(join(root, name)))
  if (!file) return undefined
  const { paths = {}, baseUrl = '.', module = '', moduleResolution = module } = optionsOf(root, file)
  return {
    file,
    alias: aliasOf(root, resolve(root, baseUrl), paths),
    isNodes: /^node(next|\d\d)$/i.test(moduleResolution) && !/^node10$/i.test(moduleResolution),
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
    // One that cannot be read is the compiler's to complain of.
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
