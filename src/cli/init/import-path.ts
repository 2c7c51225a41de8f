import { dirname, join, posix, relative } from 'node:path'
import type { Project } from '../project/project'
import { packageSpecifier } from './packages'

/**
 * How one file of the project names another in an import: by the alias where it reaches, by the name of its package where that
 * is another one, else by the way from here.
 * @param from Of both the path below the project's folder, `to` with its extension.
 */
export function importPath(project: Project, from: string, to: string): string {
  if (to.startsWith('../')) return packageSpecifier(project, to) ?? relativePath(project, from, to)
  const bare = to.replace(/\.[cm]?[jt]sx?$/, '')
  if (project.alias && to.startsWith(project.alias.folder)) {
    return `${project.alias.prefix}${bare.slice(project.alias.folder.length)}`
  }
  return relativePath(project, from, to)
}

/** The same without the alias, for what is not run by the framework. */
export function relativePath({ root, needsExtensions }: Project, from: string, to: string): string {
  const bare = to.replace(/\.[cm]?[jt]sx?$/, '')
  const way = relative(join(root, dirname(from)), join(root, bare)).replaceAll('\\', '/')
  const extension = needsExtensions ? `.${posix.extname(to).slice(1).replace('t', 'j').replace('x', '')}` : ''
  return `${way.startsWith('.') ? way : `./${way}`}${extension}`
}
