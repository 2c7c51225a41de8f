import { closing } from '../project/expressions'
import type { Project } from '../project/project'
import { type SourceFile, withoutComments } from '../project/source-files'
import { importLine, inStyleOf, withImports } from '../project/statements'
import { importPath } from './import-path'
import type { Part, Plan } from './plan'
import { binding } from './templates'

const making =
  /^([ \t]*)(?:const|let|var) (\w+)(?:\s*:\s*[^=\n]+)?\s*=\s*await\s+NestFactory\.create\s*(?:<[^()]*>)?\s*\(/m

/** The database name that a NestJS app passes beside the connection string. */
export function nestDatabaseOf({ sources }: Pick<Project, 'sources'>): string | undefined {
  const module = sources.find(({ code }) => /\bMongooseModule\s*\.\s*forRoot(Async)?\s*\(/.test(code))
  return /\bdbName\s*:\s*(['"`])([\w-]+)\1/.exec(module?.code ?? '')?.[2]
}

/**
 * Plans the route of a NestJS app: our Express handler before Nest's body parser, or a controller on Fastify.
 * @returns `false` if the source does not show the app, so that the handler must be mounted by hand.
 */
export function planNestRoute(plan: Plan, project: Project, sync: Part): boolean {
  if (project.has('@nestjs/platform-fastify')) {
    planController(plan, project, sync)
    return true
  }
  const file = project.sources.find(({ code }) => making.test(code))
  const after = file && mountedIn(file, sync, importPath(project, file.path, sync.file))
  if (!file || after === undefined) return false
  plan.change({ path: file.path, action: 'change', before: file.text, after })
  return true
}

/**
 * Adds our route to `main`, right after the line that creates the app. Nest adds its parser when the app starts to
 * listen.
 */
function mountedIn({ text, code }: SourceFile, sync: Part, syncPath: string): string | undefined {
  const match = making.exec(code)
  if (!match) return undefined
  const [whole, indent = '', name = 'app'] = match
  const close = closing(code, match.index + whole.length - 1)
  const newline = code.indexOf('\n', close)
  const end = newline < 0 ? code.length : newline
  const route = inStyleOf(code, `${name}.use('/api/webhooks/clerk', toExpressHandler(${sync.name}))`)
  const comment = '// Runs before the body parser of NestJS: signatures are checked on the raw body.'
  const mounted = `${text.slice(0, end)}\n${indent}${comment}\n${indent}${route}${text.slice(end)}`
  const lines = [
    importLine('esm', '{ toExpressHandler }', 'clerk-mongo-sync/express'),
    importLine('esm', binding(sync), syncPath),
  ]
  const wanted = lines.map((line) => inStyleOf(code, line))
  return withImports(mounted, withoutComments(mounted), wanted)
}

/** On Fastify, the exact bytes are in `rawBody`, if the app is created with that option. */
function planController(plan: Plan, project: Project, sync: Part): void {
  const file = `${project.base}clerk-webhook.controller.ts`
  const isBelowApi = project.sources.some(({ code }) => /\bsetGlobalPrefix\(\s*['"`]\/?api['"`]/.test(code))
  const route = isBelowApi ? 'webhooks/clerk' : 'api/webhooks/clerk'
  plan.create(file, controllerTemplate({ ...sync, path: importPath(project, file, sync.file) }, route))
  plan.note(
    'route',
    `Add ClerkWebhookController of ${file} to the controllers of a module, and enable the raw body in main.ts:`,
    ['NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { rawBody: true })'],
  )
}

const controllerTemplate = (
  sync: Part & { path: string },
  route: string,
) => `import { Controller, Post, Req, Res, type RawBodyRequest } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
${importLine('esm', binding(sync), sync.path)}

@Controller('${route}')
export class ClerkWebhookController {
  @Post()
  async receive(@Req() request: RawBodyRequest<FastifyRequest>, @Res() reply: FastifyReply) {
    const headers = request.headers as Record<string, string>
    const body = request.rawBody && new Uint8Array(request.rawBody)
    const answer = await ${sync.name}.handler(new Request('http://localhost/api/webhooks/clerk', { method: 'POST', headers, body }))
    await reply.status(answer.status).headers(Object.fromEntries(answer.headers)).send(await answer.text())
  }
}
`
