import { closing, lineOf } from '../project/expressions'
import type { Project } from '../project/project'

const creating = /\bNestFactory\s*\.\s*create\s*(?:<[^()]*>)?\(/
const parsing = /\.use\(\s*(?:(?:express|bodyParser)\s*\.\s*)?(?:json|bodyParser)\(/

/**
 * What to change in an app of NestJS on Express that does not keep the raw body for `ClerkSyncModule`; `undefined` if it
 * does, as far as its source shows, and for other apps.
 */
export function adviceOnRawBody({ sources, has }: Project): string | undefined {
  const usesModule = sources.some(({ code }) => /\bClerkSyncModule\.forRoot/.test(code))
  if (!usesModule || has('@nestjs/platform-fastify')) return undefined
  const main = sources.find(({ code }) => creating.test(code))
  const created = main && creating.exec(main.code)
  if (!main || !created) return undefined
  const { path, code } = main
  const why = 'The signature covers the original bytes, so every delivery is refused.'
  const parser = parsing.exec(code)
  if (parser)
    return `${path}:${lineOf(code, parser.index)} mounts a body parser that removes the raw body. ${why} Replace it by app.useBodyParser('json').`
  const open = created.index + created[0].length - 1
  const isKept = /\brawBody\s*:\s*true\b|\.\.\.|^\(\s*\w+\s*,\s*\w+\s*$/.test(code.slice(open, closing(code, open)))
  if (isKept) return undefined
  return `${path}:${lineOf(code, created.index)} creates the app without the raw body. ${why} Pass the option { rawBody: true } to NestFactory.create().`
}
