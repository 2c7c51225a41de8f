import { relative } from 'node:path'
import { type Package, packagesBelow, readPackage } from './packages'

/** An app with a server in a subfolder. */
export interface FoundApp {
  /** Relative path, with `/`. */
  folder: string
  /** Package of the framework. */
  framework: string
}

/** Packages of frameworks with routes for deliveries. */
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
  'nitropack',
  'astro',
  '@sveltejs/kit',
  '@remix-run/node',
  '@react-router/node',
  '@tanstack/react-start',
  '@solidjs/start',
  '@azure/functions',
  '@google-cloud/functions-framework',
]

const frameworkOf = ({ dependencies }: Package) => frameworks.find((name) => dependencies[name] !== undefined)

/**
 * Finds the apps below the root of a repository. None if the folder itself is an app, or a package without apps below
 * it.
 */
export function appsBelow(root: string): FoundApp[] {
  const own = readPackage(root)
  if (own && frameworkOf(own)) return []
  return packagesBelow(root).flatMap((one) => {
    const framework = frameworkOf(one)
    return framework ? [{ folder: relative(root, one.folder).replaceAll('\\', '/'), framework }] : []
  })
}
