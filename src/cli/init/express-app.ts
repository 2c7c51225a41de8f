import { type SourceFile, withoutComments } from '../project/source-files'
import type { Exported } from '../project/statements'
import { importLine, inStyleOf, isEsm, withImports } from '../project/statements'
import { binding } from './templates'

/** Where the app's code creates its Express app. */
export interface ExpressApp {
  file: SourceFile
  /** The variable. */
  name: string
  /** The end of the line that creates it. */
  end: number
}

const making = /^(?:export )?(?:const|let|var) (\w+)(?:\s*:\s*[\w.]+)?\s*=\s*express\(\)[;, \t]*$/gm

/** Finds the Express app, if exactly one is created, on its own line at the top level. */
export function findExpressApp(sources: readonly SourceFile[]): ExpressApp | undefined {
  const apps = sources.flatMap((file) =>
    [...file.code.matchAll(making)].map((match) => ({
      file,
      name: match[1] ?? '',
      end: match.index + match[0].length,
    })),
  )
  return apps.length === 1 ? apps[0] : undefined
}

/**
 * Adds our route right after the line that creates the app, and so before any parser. `undefined` if the end of the
 * imports is unclear.
 */
export function mountedIn({ file, name, end }: ExpressApp, sync: Exported, syncPath: string): string | undefined {
  const { text, code, path } = file
  const modules = isEsm(code) || /\.[cm]?ts$/.test(path) ? 'esm' : 'cjs'
  const lines = [
    importLine(modules, '{ toExpressHandler }', 'clerk-mongo-sync/express'),
    importLine(modules, binding(sync), syncPath),
  ]
  const route = inStyleOf(code, `${name}.post('/api/webhooks/clerk', toExpressHandler(${sync.name}))`)
  const mounted = `${text.slice(0, end)}\n// Above express.json(): signatures are checked on the raw body.\n${route}${text.slice(end)}`
  const wanted = lines.map((line) => inStyleOf(code, line))
  return withImports(mounted, withoutComments(mounted), wanted)
}
