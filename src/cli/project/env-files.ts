import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { usageError } from '../terminal/run-command'

/** Local environment files of the frameworks; the first one with a variable wins. */
const names = ['.env.local', '.env']

/**
 * Reads the environment files of a folder into `env`, without changing variables that are set.
 * @param file A file to read instead, relative to `cwd`.
 * @returns the files that exist.
 */
export function loadEnvFiles(folder: string, env: NodeJS.ProcessEnv, file?: { path: string; cwd: string }): string[] {
  const paths = file ? [resolve(file.cwd, file.path)] : names.map((name) => resolve(folder, name))
  return paths.filter((path) => {
    const text = read(path)
    if (text === undefined && file) throw usageError(`--env: ${path} does not exist or is not readable.`)
    for (const [name, value] of Object.entries(parseEnv(text ?? ''))) env[name] ??= value
    return text !== undefined
  })
}

/** The environment file to name in messages: the winning one in the folder, else `.env`. */
export function envFileIn(folder: string): string {
  return names.find((name) => read(resolve(folder, name)) !== undefined) ?? '.env'
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
