import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isHttpUrl } from '../../endpoint/is-http-url'
import type { Io } from '../terminal/io'
import { usageError } from '../terminal/run-command'
import { findConfig, requireConfig } from './find-config'
import { DEFAULT_URL, localUrlOf } from './find-port'
import { loadConfig } from './load-config'
import { readProject } from './project'
import { withoutComments } from './source-files'

/** Help text of flags for the endpoint. */
export const endpointDefault = `default: \`url\` of the config, else the one found in your source, else ${DEFAULT_URL}`

interface EndpointOptions {
  config?: string | undefined
  env?: string | undefined
}

/**
 * The app's endpoint: from its config, else from its source.
 * @throws {CommandError} `usage` if the config's value is no endpoint; errors of loading the config.
 */
export async function endpointOf(io: Io, options: EndpointOptions = {}): Promise<string> {
  return (await configuredEndpoint(io, options)) ?? sourceEndpoint(folderOf(io))
}

/** As `endpointOf`, if this folder or a parent has a config; otherwise `undefined`. */
export async function endpointOfApp(io: Io, options: EndpointOptions = {}): Promise<string | undefined> {
  return findConfig(io.cwd) === undefined ? undefined : endpointOf(io, options)
}

/** The endpoint according to a project's source. */
export function sourceEndpoint(root: string): string {
  try {
    return localUrlOf(readProject(root))
  } catch {
    return DEFAULT_URL
  }
}

/** The app's folder: that of the nearest config, else the current one. */
function folderOf({ cwd }: Io): string {
  const config = findConfig(cwd)
  return config === undefined ? cwd : dirname(config)
}

const literal = /\b(?:url\s*(?::\s*string\s*)?[:=]\s*(['"`])([^'"`$\n]+)\1|port\s*[:=]\s*(\d+)\b)/

/** The config's export `url` or `port`. Reads a literal from the source; loads the config for anything else. */
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
  if (isHttpUrl(text)) return text
  throw usageError(
    `The config exports ${text} as the endpoint, which is not a URL. Expected: export const url = '${DEFAULT_URL}'`,
  )
}
