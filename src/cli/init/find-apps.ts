import { relative } from 'node:path'
import { type Package, packagesBelow, readPackage } from './packages'

/** A folder below another that holds an app with a server. */
export interface FoundApp {
  /** Below the folder that was looked at, with `/`. */
  folder: string
  /** The framework's package. */
  framework: string
}

/** What has a route for deliveries. */
const frameworks = [
  'next',
  '@nestjs/core',
  'express',
  'hono',
  'fastify',
  'koa',
  'elysia',
  'h3',
  'nuxt',
  'astro',
  '@sveltejs/kit',
  '@remix-run/node',
  '@react-router/node',
]

const frameworkOf = ({ dependencies }: Package) => frameworks.find((name) => dependencies[name] !== undefined)

/**
 * The apps below the root of a repository with several packages; none where the folder is an app itself, or a package that the
 * command is meant for because no app is below it.
 */
export function appsBelow(root: string): FoundApp[] {
  const own = readPackage(root)
  if (own && frameworkOf(own)) return []
  return packagesBelow(root).flatMap((one) => {
    const framework = frameworkOf(one)
    return framework ? [{ folder: relative(root, one.folder).replaceAll('\\', '/'), framework }] : []
  })
}
