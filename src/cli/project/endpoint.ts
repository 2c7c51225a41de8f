import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Io } from '../terminal/io'
import { usageError } from '../terminal/run-command'
import { findConfig, requireConfig } from './find-config'
import { localUrlOf, USUAL_URL } from './find-port'
import { loadConfig } from './load-config'
import { readProject } from './project'
import { withoutComments } from './source-files'

/** For the help of a flag that names the endpoint. */
export const endpointDefault = `default: \`url\` of the config, else what your source shows, else ${USUAL_URL}`

interface EndpointOptions {
  config?: string | undefined
  env?: string | undefined
}

/**
 * Where the app of this folder receives deliveries: what its config says, else what its source shows.
 * @throws {CommandError} `usage` where the config says what is no endpoint; what loading it throws.
 */
export async function endpointOf(io: Io, options: EndpointOptions = {}): Promise<string> {
  return (await configuredEndpoint(io, options)) ?? sourceEndpoint(folderOf(io))
}

/** The same where the folder, or one above it, has a config; `undefined` elsewhere. */
export async function endpointOfApp(io: Io, options: EndpointOptions = {}): Promise<string | undefined> {
  return findConfig(io.cwd) === undefined ? undefined : endpointOf(io, options)
}

/** The endpoint that the source of a project shows. */
export function sourceEndpoint(root: string): string {
  try {
    return localUrlOf(readProject(root))
  } catch {
    return USUAL_URL
  }
}

/** The folder of the app: that of the nearest config, else this one. */
function folderOf({ cwd }: Io): string {
  const config = findConfig(cwd)
  return config === undefined ? cwd : dirname(config)
}

const literal = /\b(?:url\s*(?::\s*string\s*)?[:=]\s*(['"`])([^'"`$\n]+)\1|port\s*[:=]\s*(\d+)\b)/

/** What the config exports as `url` or `port`. A literal is read as it stands; for anything else the config is loaded. */
async function configuredEndpoint(io: Io, { config, env }: EndpointOptions): Promise<string | undefined> {
  const file = config === undefined ? findConfig(io.cwd) : requireConfig(io.cwd, config)
  const code = file === undefined ? '' : withoutComments(readFileSync(file, 'utf8'))
  if (!/\b(url|port)\b/.test(code)) return undefined
  const [, , url, port] = literal.exec(code) ?? []
  if (url !== undefined || port !== undefined) return toUrl(io, url ?? port)
  return toUrl(io, (await loadConfig({ cwd: io.cwd, config, envFile: env, env: io.env })).endpoint)
}

function toUrl(io: Io, given: unknown): string | undefined {
  if (given === undefined) return undefined
  const text = String(given)
  if (/^\d{1,5}$/.test(text)) {
    const { pathname } = new URL(sourceEndpoint(folderOf(io)))
    return `http://localhost:${text}${pathname}`
  }
  if (URL.canParse(text) && /^https?:/.test(text)) return text
  throw usageError(
    `The config exports ${text} as the endpoint, which is no URL. Expected: export const url = '${USUAL_URL}'`,
  )
}
