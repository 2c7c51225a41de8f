import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { webhookPathOf } from './find-webhook'
import type { Project } from './project'
import { DEFAULT_PATH } from './route-paths'

const DEFAULT_PORT = 3000
/** Default URL: the documented path on the port of `next dev`. */
export const DEFAULT_URL = `http://localhost:${DEFAULT_PORT}${DEFAULT_PATH}`

/** The app's local endpoint, as far as its source shows it. */
export const localUrlOf = (project: Project): string => `http://localhost:${portOf(project)}${webhookPathOf(project)}`

/** Default ports of dev servers. */
const defaultPorts = [
  ['astro', 4321],
  ['@sveltejs/kit', 5173],
  ['@react-router/node', 5173],
  ['@remix-run/node', 5173],
] as const

/** The port of the app in development, from its scripts, environment and source. */
function portOf({ root, sources, framework, has }: Project): number {
  const { dev = '', start = '' } = scriptsOf(root)
  const flag = /(?:\s-p\s*|\s--port[\s=]|\bPORT=)(\d{2,5})\b/
  // Next.js listens by itself: it reads no port from .env files, and a port in the source belongs to another server.
  const isNext = framework.startsWith('next')
  const named = flag.exec(dev)?.[1] ?? (isNext ? undefined : portIn(root)) ?? flag.exec(start)?.[1]
  if (named) return Number(named)
  for (const { code } of isNext ? [] : sources) {
    const [, ...found] = inSource.exec(code) ?? []
    const port = found.find((one) => one !== undefined)
    if (port) return Number(port)
  }
  return defaultPorts.find(([name]) => has(name))?.[1] ?? DEFAULT_PORT
}

/** `env.PORT || 5000`, `listen(5000`, `const port = 5000`, `serve({ port: 5000`, `server: { port: 5000`. */
const inSource =
  /\benv\.PORT\s*\)?\s*(?:\|\||\?\?)\s*['"`]?(\d{2,5})\b|\.listen\(\s*(\d{2,5})\b|\b(?:const|let|var)\s+port\b[^=\n]*=\s*['"]?(\d{2,5})\b|\b(?:serve\(|server:)\s*\{[^}]*\bport:\s*(\d{2,5})\b/i

/** `PORT` in the environment files; the first file that has it wins. */
function portIn(root: string): string | undefined {
  for (const name of ['.env.development.local', '.env.local', '.env.development', '.env']) {
    const file = join(root, name)
    const { PORT } = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {}
    if (PORT && /^\d{2,5}$/.test(PORT)) return PORT
  }
  return undefined
}

function scriptsOf(root: string): Partial<Record<string, string>> {
  try {
    return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts ?? {}
  } catch {
    return {}
  }
}
