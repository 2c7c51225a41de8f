import { closing } from '../project/expressions'
import { type SourceFile, withoutComments } from '../project/source-files'
import type { Exported } from '../project/statements'
import { importLine, inStyleOf, isEsm, withImports } from '../project/statements'
import type { Adapter } from './adapters'
import { binding } from './templates'

/** Where the app's code creates its app, such as `const app = express()`. */
export interface FoundApp {
  file: SourceFile
  /** The variable. */
  name: string
  /** The end of the line that creates it. */
  end: number
}

/** Finds the app, if exactly one is created, as a statement of its own at the top level. */
export function findApp(sources: readonly SourceFile[], { made }: Adapter): FoundApp | undefined {
  if (!made) return undefined
  const making = new RegExp(
    `^(?:export )?(?:const|let|var) (\\w+)(?:\\s*:\\s*[\\w.<>]+)?\\s*=\\s*(?:${made.source})`,
    'gm',
  )
  const apps = sources.flatMap((file) =>
    [...file.code.matchAll(making)].map((match) => {
      const close = closing(file.code, match.index + match[0].length - 1)
      const after = file.code.slice(close + 1)
      const [line = ''] = /^[^\n]*/.exec(after) ?? []
      const isWhole = /^[;, \t]*(?:\n(?!\s*\.)|$)/.test(after)
      return { file, name: match[1] ?? '', end: close + 1 + line.length, isWhole }
    }),
  )
  const [only] = apps
  return apps.length === 1 && only?.isWhole ? only : undefined
}

/**
 * Adds our route right after the statement that creates the app, and so before any parser. `undefined` if the end of the
 * imports is unclear.
 */
export function mountedIn(
  { file, name, end }: FoundApp,
  { name: adapter, from, mount, comment }: Adapter,
  sync: Exported & { path: string },
): string | undefined {
  const { text, code, path } = file
  const modules = isEsm(code) || /\.[cm]?ts$/.test(path) ? 'esm' : 'cjs'
  const lines = [importLine(modules, `{ ${adapter} }`, from), importLine(modules, binding(sync), sync.path)]
  const route = mount.replace(/^app\b/, name).replace('clerkWebhook', `${adapter}(${sync.name})`)
  const added = [...(comment ? [`// ${comment}`] : []), inStyleOf(code, route)]
  const mounted = `${text.slice(0, end)}\n${added.join('\n')}${text.slice(end)}`
  const wanted = lines.map((line) => inStyleOf(code, line))
  return withImports(mounted, withoutComments(mounted), wanted)
}
