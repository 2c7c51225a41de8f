import { describe, expect, it } from 'vitest'
import { runCli } from './cli'
import { manifest, projectWith } from './init-project'

/** Apps, and what `init` adds to them. */
const servers = {
  fastify: {
    app: "import Fastify from 'fastify'\n\nconst server = Fastify({\n  logger: true,\n})\nserver.get('/', () => 'home')\n",
    imports: "import { toFastifyPlugin } from 'clerk-mongo-sync/fastify'\n",
    added: "})\nserver.register(toFastifyPlugin(clerkSync), { prefix: '/api/webhooks/clerk' })\nserver.get(",
  },
  koa: {
    app: "import Koa from 'koa'\nimport bodyParser from 'koa-bodyparser'\n\nconst app = new Koa();\napp.use(bodyParser());\n",
    imports: "import { toKoaMiddleware } from 'clerk-mongo-sync/koa';\n",
    added:
      "new Koa();\n// Above body parsers: signatures are checked on the raw body.\napp.use((ctx, next) => (ctx.path === '/api/webhooks/clerk' ? toKoaMiddleware(clerkSync)(ctx) : next()));\n",
  },
  hono: {
    app: 'import { Hono } from "hono"\n\nexport const app = new Hono<{ Variables: Variables }>()\napp.get("/", (c) => c.text("home"))\n',
    imports: 'import { toHonoHandler } from "clerk-mongo-sync/hono"\n',
    added: '>()\napp.all("/api/webhooks/clerk", toHonoHandler(clerkSync))\napp.get(',
  },
  h3: {
    app: "import { H3, serve } from 'h3'\n\nconst app = new H3({ debug: true })\nserve(app)\n",
    imports: "import { toH3Handler } from 'clerk-mongo-sync/h3'\n",
    added: "new H3({ debug: true })\napp.all('/api/webhooks/clerk', toH3Handler(clerkSync))\n",
  },
  elysia: {
    app: "import { Elysia } from 'elysia'\n\nconst app = new Elysia()\napp.get('/', () => 'home').listen(3000)\n",
    imports: "import { toElysiaHandler } from 'clerk-mongo-sync/elysia'\n",
    added: "new Elysia()\napp.mount('/api/webhooks/clerk', toElysiaHandler(clerkSync))\napp.get(",
  },
}

describe.each(Object.entries(servers))('init for %s', (framework, { app, imports, added }) => {
  const files = (source: string) => ({
    'package.json': manifest([framework, 'mongoose', 'typescript'], { type: 'module' }),
    'tsconfig.json': { compilerOptions: { module: 'esnext', moduleResolution: 'bundler' } },
    'src/server.ts': source,
  })

  it('mounts the route below the line that creates the app, once', async () => {
    const project = await projectWith(files(app))
    const { stdout } = await project.init('--yes')
    const written = await project.read('src/server.ts')
    expect(written).toContain(imports)
    expect(written).toMatch(/import \{ clerkSync \} from ['"]\.\/lib\/clerk-sync['"]/)
    expect(written).toContain(added)
    expect(stdout).toContain('https://<your app>/api/webhooks/clerk with user.created')
    expect((await project.init()).stdout).toContain('Nothing to do')
  })

  it('changes no app whose statement goes on', async () => {
    const chained = app.replace(/\);?\n(server|app|serve)/, ')\n  .use(other)\n$1')
    expect(chained).not.toBe(app)
    const project = await projectWith(files(chained))
    await project.init('--yes')
    expect(await project.read('src/server.ts')).toBe(chained)
    expect(await project.read('src/clerk-webhook.ts')).toContain('export const clerkWebhook = to')
  })

  it('finds the path that the app chose', async () => {
    const project = await projectWith(files(app))
    await project.init('--yes')
    const moved = (await project.read('src/server.ts')).replace('/api/webhooks/clerk', '/hooks/clerk')
    const again = await projectWith({ ...files(moved), 'src/lib/clerk-sync.ts': 'export const clerkSync = 1\n' })
    expect((await again.init('--yes')).stdout).toContain('https://<your app>/hooks/clerk with')
  })
})

describe('init for Nuxt and Nitro', () => {
  it.each([
    ['nuxt', {}, 'server/routes/api/webhooks/clerk.ts', '../../../../lib/clerk-sync'],
    ['nitropack', {}, 'routes/api/webhooks/clerk.ts', '../../../lib/clerk-sync'],
    [
      'nitropack',
      { 'server/routes/index.ts': 'export default defineEventHandler(() => 1)\n' },
      'server/routes/api/webhooks/clerk.ts',
      '../../../../lib/clerk-sync',
    ],
  ])('writes the file of the route: %s', async (framework, more, file, path) => {
    const project = await projectWith({
      'package.json': manifest([framework, 'mongoose', 'typescript'], { type: 'module' }),
      ...more,
    })
    const { stdout } = await project.init('--yes')
    expect(await project.read(file)).toBe(`import { toH3Handler } from 'clerk-mongo-sync/h3'
import { clerkSync } from '${path}'

export default defineEventHandler(toH3Handler(clerkSync))
`)
    expect(stdout).toContain('https://<your app>/api/webhooks/clerk with user.created')
    expect((await project.init()).stdout).toContain('Nothing to do')
  })
})

it('init for Nuxt prints what to put into the file that verifies by hand', async () => {
  const project = await projectWith({
    'package.json': manifest(['nuxt', 'svix'], { type: 'module' }),
    'server/api/clerk.post.ts': `import { Webhook } from 'svix'
export default defineEventHandler(async (event) => {
  const user = new Webhook(process.env.CLERK_WEBHOOK_SECRET).verify(await readRawBody(event), getHeaders(event))
})
`,
  })
  const { stdout } = await project.init('--yes')
  expect(stdout).toContain('Replace the content of server/api/clerk.post.ts with this.')
  expect(stdout).toContain('    export default defineEventHandler(toH3Handler(clerkSync))\n')
  expect(stdout).toContain('Keep its path /api/clerk')
})

describe('doctor', () => {
  interface Report {
    findings: { check: string; verdict: string; message: string }[]
  }

  const parsers = async (files: Record<string, string | object>) => {
    const { path } = await projectWith(files)
    const { stdout } = await runCli(['doctor', '--json'], { cwd: path })
    const { findings } = JSON.parse(stdout) as Report
    return findings.filter(({ check }) => check === 'body_parser')
  }

  const koa = (parser: string, call: string) => ({
    'package.json': manifest(['koa']),
    'server.mjs': `import Router from '@koa/router'
import { toKoaMiddleware } from 'clerk-mongo-sync/koa'
import ${parser}
const router = new Router()
router.all('/api/webhooks/clerk', toKoaMiddleware(clerkSync))
app.use(${call})
app.use(router.routes())
`,
  })

  it('names a parser of Koa that keeps nothing, and not one that keeps the raw body', async () => {
    expect(await parsers(koa("{ koaBody } from 'koa-body'", 'koaBody()'))).toEqual([
      expect.objectContaining({ verdict: 'warning', message: expect.stringContaining('koaBody()') }),
    ])
    expect(await parsers(koa("bodyParser from 'koa-bodyparser'", 'bodyParser()'))).toEqual([])
  })

  const nest = (create: string, platform = 'express') => ({
    'package.json': manifest(['@nestjs/core', `@nestjs/platform-${platform}`]),
    'main.ts': `async function bootstrap() {\n  ${create}\n  await app.listen(3000)\n}\n`,
    'app.module.ts': '@Module({ imports: [ClerkSyncModule.forRoot(clerkSync)] })\nexport class AppModule {}\n',
  })
  const options = 'const app = await NestFactory.create(AppModule, { rawBody: true })'

  it.each([
    ['without the raw body', 'const app = await NestFactory.create(AppModule)', 'main.ts:2 creates the app without'],
    ['with a parser that removes it', `${options}\n  app.use(express.json())`, 'main.ts:3 mounts a body parser'],
    ['with an imported parser', `${options}\n  app.use(json({ limit: '5mb' }))`, 'main.ts:3 mounts a body parser'],
  ])('names an app of NestJS on Express %s', async (_, create, message) => {
    expect(await parsers(nest(create))).toEqual([
      expect.objectContaining({ verdict: 'warning', message: expect.stringContaining(message) }),
    ])
  })

  it('has nothing against an app of NestJS that keeps the raw body, or is on Fastify', async () => {
    expect(await parsers(nest(options))).toEqual([])
    expect(await parsers(nest('const app = await NestFactory.create(AppModule)', 'fastify'))).toEqual([])
  })
})
