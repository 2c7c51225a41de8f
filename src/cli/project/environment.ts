import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Project } from './project'

/** Environment files of a project. Later files win. */
export const envFiles = ['.env', '.env.local', '.env.development', '.env.development.local']

/** The name of the app's variable with the connection string. */
export function uriNameOf({ root, sources }: Project, env: NodeJS.ProcessEnv): string {
  const read = sources.flatMap(({ code }) => [...code.matchAll(/process\.env\.(\w+)|process\.env\[['"](\w+)['"]\]/g)])
  const values = { ...env, ...valuesIn(root, envFiles) }
  const names = [...new Set([...read.map((match) => match[1] ?? match[2] ?? ''), ...Object.keys(values)])]
  const isUri = (name: string) => /^MONGO(DB)?_?(DB_)?(URI|URL|CONNECTION_STRING|CONNECTION_URI)$/.test(name)
  if (names.includes('MONGODB_URI')) return 'MONGODB_URI'
  return names.find((name) => isUri(name) || /^mongodb(\+srv)?:/.test(values[name] ?? '')) ?? 'MONGODB_URI'
}

/** The variables in some of a project's files. Later files win. */
export function valuesIn(root: string, paths: readonly string[]): NodeJS.Dict<string> {
  return Object.assign({}, ...paths.map((path) => parseEnv(readIfThere(root, path) ?? '')))
}

/** The text of a project's file; `undefined` if it does not exist. */
export function readIfThere(root: string, path: string): string | undefined {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined
}
