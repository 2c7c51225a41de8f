import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Project } from './project'

const USUAL_PORT = 3000

/** The port the app listens on in development, as far as its scripts, environment files and source show it. */
export function portOf({ root, sources, framework }: Pick<Project, 'root' | 'sources' | 'framework'>): number {
  const { dev = '', start = '' } = scriptsOf(root)
  const flag = /(?:\s-p\s*|\s--port[\s=]|\bPORT=)(\d{2,5})\b/
  const named = flag.exec(dev)?.[1] ?? portIn(root) ?? flag.exec(start)?.[1]
  if (named) return Number(named)
  // Next.js listens by itself, so a number in its source is somebody else's.
  if (framework.startsWith('next')) return USUAL_PORT
  for (const { code } of sources) {
    const [, fallback, listened, defined] =
      /\benv\.PORT\s*\)?\s*(?:\|\||\?\?)\s*['"`]?(\d{2,5})\b|\.listen\(\s*(\d{2,5})\b|\b(?:const|let|var)\s+port\b[^=\n]*=\s*['"]?(\d{2,5})\b/i.exec(
        code,
      ) ?? []
    const port = fallback ?? listened ?? defined
    if (port) return Number(port)
  }
  return USUAL_PORT
}

/** That of the environment files, in the order in which the first that has a name wins. */
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
