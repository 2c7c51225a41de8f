import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../../store/finding'
import { findWebhook, type Webhook } from '../project/find-webhook'
import type { Project } from '../project/project'

/** Finds what keeps deliveries from a route that has a file of its own, and limits below what Svix sends. */
export function checkRouteFile(project: Project): Finding[] {
  const webhook = findWebhook(project)
  return [...(webhook?.isOurs ? checkFile(project, webhook) : []), ...checkLimit(project)]
}

function checkFile({ framework, root }: Project, { file }: Webhook): Finding[] {
  const { path, code } = file
  const found = (message: string, remedy: string): Finding[] => [
    { check: 'route_file', verdict: 'warning', message, remedy },
  ]
  if (framework === 'astro' && !/\bprerender\s*=\s*false\b/.test(code) && !rendersOnDemand(root))
    return found(
      `${path} is rendered when the app is built, so it receives no deliveries.`,
      'Add `export const prerender = false` to it.',
    )
  if (framework === 'azure-functions' && /\bauthLevel\s*:\s*['"](?:function|admin)['"]/.test(code))
    return found(
      `${path} requires a key of Azure, which deliveries do not have: they get 401.`,
      "Set authLevel: 'anonymous'. The signature decides who may deliver.",
    )
  return []
}

function rendersOnDemand(root: string): boolean {
  return ['astro.config.mjs', 'astro.config.ts', 'astro.config.js'].some((name) =>
    /\boutput\s*:\s*['"]server['"]/.test(textOf(root, name)),
  )
}

/** Where a limit for the server of SvelteKit may be set. */
const settings = ['.env', '.env.local', '.env.production', '.env.example', 'package.json', 'Dockerfile']

function checkLimit({ root, has }: Project): Finding[] {
  if (!has('@sveltejs/adapter-node') || settings.some((name) => textOf(root, name).includes('BODY_SIZE_LIMIT')))
    return []
  return [
    {
      check: 'body_limit',
      verdict: 'warning',
      message: 'The server of @sveltejs/adapter-node refuses bodies over 512 KiB, and Svix sends up to 1 MiB.',
      remedy: 'Set BODY_SIZE_LIMIT=2M in the environment of the server.',
    },
  ]
}

function textOf(root: string, name: string): string {
  const file = join(root, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
