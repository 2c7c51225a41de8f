import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CommandError } from '../terminal/run-command'

const names = ['ts', 'mts', 'js', 'mjs', 'cjs'].map((extension) => `clerk-sync.config.${extension}`)

/** The config in this folder or the nearest parent; `undefined` if there is none. */
export function findConfig(cwd: string): string | undefined {
  const found = names.map((name) => join(cwd, name)).find((path) => existsSync(path))
  if (found) return found
  const above = dirname(cwd)
  return above === cwd ? undefined : findConfig(above)
}

/**
 * The given config, else the nearest one.
 * @throws {CommandError} `config_missing`, with the file to create.
 */
export function requireConfig(cwd: string, named?: string): string {
  const path = named === undefined ? findConfig(cwd) : resolve(cwd, named)
  if (path !== undefined && existsSync(path)) return path
  const what =
    named === undefined ? `No clerk-sync.config.ts in ${cwd} or above it.` : `The file ${path} does not exist.`
  throw new CommandError(
    `${what} Create it beside your package.json, with the object that createClerkSync returns as its default export:

  // clerk-sync.config.ts
  import { clerkSync } from './lib/clerk-sync'
  export default clerkSync

\`npx clerk-mongo-sync init\` creates it for you. For a config elsewhere, use --config <file>.`,
    { code: 'config_missing' },
  )
}
