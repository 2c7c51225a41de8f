import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import type { Project } from '../project/project'
import { readSources, type SourceFile, skippedFolders, withoutComments } from '../project/source-files'
import { exportsAs } from '../project/statements'
import type { Part } from './plan'

/** A folder with a package.json. */
export interface Package {
  /** Absolute path. */
  folder: string
  name: string
  dependencies: NodeJS.Dict<string>
  /** `exports` of package.json, or else its entry point. */
  exports: unknown
  hasExports: boolean
}

/** Reads the package in a folder; `undefined` if there is none, or its package.json is invalid. */
export function readPackage(folder: string): Package | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const { name = '', dependencies = {}, exports, types, module, main } = manifest
    const hasExports = exports !== undefined
    return { folder, name, dependencies, exports: exports ?? { '.': [types, module, main] }, hasExports }
  } catch {
    return undefined
  }
}

/** How many levels of a repository are searched. */
const MAX_DEPTH = 3

/** Packages in subfolders. */
export function packagesBelow(folder: string, depth = MAX_DEPTH): Package[] {
  if (depth === 0) return []
  const folders = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !skippedFolders.has(entry.name))
    .map(({ name }) => join(folder, name))
    .sort()
  return folders.flatMap((one) => [...[readPackage(one) ?? []].flat(), ...packagesBelow(one, depth - 1)])
}

/** The nearest folder, this one or a parent, whose package manager links several packages. */
function repositoryOf(folder: string): string | undefined {
  const manifest = join(folder, 'package.json')
  const isIt =
    existsSync(join(folder, 'pnpm-workspace.yaml')) ||
    (existsSync(manifest) && /"workspaces"\s*:/.test(readFileSync(manifest, 'utf8')))
  if (isIt) return folder
  const above = dirname(folder)
  return above === folder ? undefined : repositoryOf(above)
}

/** The source files of the repository's packages that the project depends on. Their paths start with `../`. */
export function linkedSources({ root, has }: Pick<Project, 'root' | 'has'>): SourceFile[] {
  const repository = repositoryOf(root)
  const packages = repository === undefined ? [] : packagesBelow(repository)
  return packages
    .filter(({ folder, name }) => folder !== root && has(name))
    .flatMap(({ folder }) => {
      const way = wayTo(root, folder)
      return readSources(folder).map((file) => ({ ...file, path: posix.join(way, file.path) }))
    })
}

/** Reads a file that may be outside of the project's folder. */
export function sourceAt({ root }: Pick<Project, 'root'>, path: string): SourceFile | undefined {
  const file = join(root, path)
  if (!existsSync(file)) return undefined
  const text = readFileSync(file, 'utf8')
  return { path, text, code: withoutComments(text) }
}

/** The package of a file. @param path Relative to the project's folder. */
export function packageAround({ root }: Pick<Project, 'root'>, path: string): Package | undefined {
  for (let folder = dirname(join(root, path)); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'package.json'))) return readPackage(folder)
  return undefined
}

/** As `packageAround`, if the project depends on it. */
function packageOf(project: Pick<Project, 'root' | 'has'>, path: string): Package | undefined {
  const found = packageAround(project, path)
  return found && project.has(found.name) ? found : undefined
}

/** The specifier that imports a file of another package; `undefined` if its package.json does not export it. */
export function packageSpecifier(project: Pick<Project, 'root' | 'has'>, path: string): string | undefined {
  const found = packageOf(project, path)
  if (!found) return undefined
  const inside = wayTo(found.folder, join(project.root, path))
  for (const [subpath, target] of subpathsOf(found.exports)) {
    const rest = matchOf(sourceOf(found.folder, target), inside)
    if (rest !== undefined) return posix.join(found.name, subpath.replace('*', rest))
  }
  return found.hasExports ? undefined : posix.join(found.name, bare(inside))
}

/** The importable form of a package's part: the part itself, or else an entry that re-exports it. */
export function publicPart(project: Pick<Project, 'root' | 'has'>, part: Part): Part {
  const found = packageOf(project, part.file)
  if (!found || (found.hasExports && packageSpecifier(project, part.file) !== undefined)) return part
  const way = wayTo(project.root, found.folder)
  for (const [, target] of subpathsOf(found.exports)) {
    const entry = sourceAt(project, posix.join(way, sourceOf(found.folder, target)))
    const from = entry && relativeImport(entry.path, part.file)
    const exported = from && exportsAs(entry.code, from, part)
    if (exported) return { file: entry.path, ...exported }
  }
  return part
}

function subpathsOf(exports: unknown): [subpath: string, target: string][] {
  if (typeof exports === 'string') return [['.', exports]]
  if (typeof exports !== 'object' || exports === null) return []
  const entries = Object.entries(exports)
  const isOfSubpaths = entries.some(([key]) => key.startsWith('.'))
  const named: [string, unknown][] = isOfSubpaths ? entries : [['.', exports]]
  return named.flatMap(([subpath, value]) => targetsIn(value).map((target): [string, string] => [subpath, target]))
}

/** All targets of an entry's conditions. */
function targetsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(targetsIn) : []
}

/** The source file of a built target that does not exist. */
function sourceOf(folder: string, target: string): string {
  const path = target.replace(/^\.\//, '')
  if (existsSync(join(folder, path)) || path.includes('*')) return path
  const stem = path.replace(/^(dist|build|lib|out)\//, 'src/').replace(/(\.d)?\.[cm]?[jt]s$/, '')
  return [`${stem}.ts`, `${stem}.tsx`, `${stem}.js`].find((one) => existsSync(join(folder, one))) ?? path
}

/** The text that `*` of a target stands for; `''` if both are the same file. */
function matchOf(target: string, path: string): string | undefined {
  const [start, end] = target.split('*')
  if (start === undefined || end === undefined) return bare(target) === bare(path) ? '' : undefined
  const isFit = path.startsWith(start) && path.length >= start.length + end.length
  if (isFit && path.endsWith(end)) return path.slice(start.length, path.length - end.length)
  // `./dist/*.js` of a package that is built from `./src`.
  const built = start.replace(/^(dist|build|lib|out)\//, 'src/')
  return built !== start && path.startsWith(built) ? bare(path.slice(built.length)) : undefined
}

function relativeImport(from: string, to: string): string {
  const way = posix.relative(posix.dirname(from), bare(to))
  return way.startsWith('.') ? way : `./${way}`
}

const bare = (path: string) => path.replace(/\.[cm]?[jt]sx?$/, '')
const wayTo = (from: string, to: string) => relative(from, to).replaceAll('\\', '/')
