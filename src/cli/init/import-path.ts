import { dirname, join, posix, relative } from 'node:path'
import type { Project } from '../project/project'
import { packageSpecifier } from './packages'

/**
 * The specifier with which one file of the project imports another: the alias if it applies, the package name for
 * another package, otherwise a relative path.
 * @param from Like `to`, relative to the project's folder; `to` has its extension.
 */
export function importPath(project: Project, from: string, to: string): string {
  if (to.startsWith('../')) return packageSpecifier(project, to) ?? relativePath(project, from, to)
  const bare = to.replace(/\.[cm]?[jt]sx?$/, '')
  if (project.alias && to.startsWith(project.alias.folder)) {
    return `${project.alias.prefix}${bare.slice(project.alias.folder.length)}`
  }
  return relativePath(project, from, to)
}

/** As `importPath`, without the alias, for files that the framework does not run. */
export function relativePath({ root, needsExtensions }: Project, from: string, to: string): string {
  const bare = to.replace(/\.[cm]?[jt]sx?$/, '')
  const way = relative(join(root, dirname(from)), join(root, bare)).replaceAll('\\', '/')
  const extension = needsExtensions ? `.${posix.extname(to).slice(1).replace('t', 'j').replace('x', '')}` : ''
  return `${way.startsWith('.') ? way : `./${way}`}${extension}`
}
