import { readdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { getTsconfig } from 'get-tsconfig'

/**
 * Import prefixes of a JavaScript project, with absolute folders: `paths` and `baseUrl` of its jsconfig.json.
 * `undefined` if a tsconfig.json is at least as near.
 */
export function jsconfigAliases(file: string): Record<string, string> | undefined {
  const jsconfig = getTsconfig(file, 'jsconfig.json')
  const tsconfig = getTsconfig(file)
  if (!jsconfig || (tsconfig && dirname(tsconfig.path).length >= dirname(jsconfig.path).length)) return undefined
  const { baseUrl, paths = {} } = jsconfig.config.compilerOptions ?? {}
  const base = resolve(dirname(jsconfig.path), baseUrl ?? '.')
  const named = Object.entries(paths).flatMap(([pattern, targets]) => {
    const [target] = targets ?? []
    return pattern.endsWith('/*') && target?.endsWith('*')
      ? [[pattern.slice(0, -1), resolve(base, target.slice(0, -1))]]
      : []
  })
  return Object.fromEntries([...(baseUrl === undefined ? [] : foldersOf(base)), ...named])
}

/** With a `baseUrl`, `lib/db` is a file in that folder. */
function foldersOf(base: string): string[][] {
  const folders = readdirSync(base, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders
    .filter(({ name }) => name !== 'node_modules' && !name.startsWith('.'))
    .map(({ name }) => [`${name}/`, resolve(base, name)])
}
