import { type FileRouted, isFileRouted } from '../project/file-routes'
import type { Framework } from '../project/project'

/** How the route is mounted in the code of an app. */
export interface Adapter {
  name: string
  from: string
  /** Mounts the handler `clerkWebhook` in the app `app`. */
  mount: string
  where: string
  /** The expression that creates the app, up to its bracket; the route is then written below it. */
  made?: RegExp
  /** Comment above that line. */
  comment?: string
}

/** Adapters of frameworks without files for routes. */
export const adapters: Record<Exclude<Framework, 'next-app' | 'next-pages' | FileRouted>, Adapter> = {
  express: {
    name: 'toExpressHandler',
    from: 'clerk-mongo-sync/express',
    mount: "app.post('/api/webhooks/clerk', clerkWebhook)",
    where: 'above express.json()',
    made: /express\(/,
    comment: 'Above express.json(): signatures are checked on the raw body.',
  },
  fastify: {
    name: 'toFastifyPlugin',
    from: 'clerk-mongo-sync/fastify',
    mount: "app.register(clerkWebhook, { prefix: '/api/webhooks/clerk' })",
    where: 'beside your other plugins',
    made: /(?:await )?[fF]astify\(/,
  },
  koa: {
    name: 'toKoaMiddleware',
    from: 'clerk-mongo-sync/koa',
    mount: "app.use((ctx, next) => (ctx.path === '/api/webhooks/clerk' ? clerkWebhook(ctx) : next()))",
    where: 'above the body parser',
    made: /new Koa\(/,
    comment: 'Above body parsers: signatures are checked on the raw body.',
  },
  hono: {
    name: 'toHonoHandler',
    from: 'clerk-mongo-sync/hono',
    mount: "app.all('/api/webhooks/clerk', clerkWebhook)",
    where: 'beside your other routes',
    made: /new Hono(?:<[^()]*>)?\(/,
  },
  h3: {
    name: 'toH3Handler',
    from: 'clerk-mongo-sync/h3',
    mount: "app.all('/api/webhooks/clerk', clerkWebhook)",
    where: "beside your other routes (h3 1: app.use('/api/webhooks/clerk', defineEventHandler(clerkWebhook)))",
    made: /new H3\(/,
  },
  elysia: {
    name: 'toElysiaHandler',
    from: 'clerk-mongo-sync/elysia',
    mount: "app.mount('/api/webhooks/clerk', clerkWebhook)",
    where: 'above hooks that read the request',
    made: /new Elysia\(/,
  },
  nest: {
    name: 'toExpressHandler',
    from: 'clerk-mongo-sync/express',
    mount: "app.use('/api/webhooks/clerk', clerkWebhook)",
    where: 'in the bootstrap of main.ts, right after NestFactory.create()',
  },
  'aws-lambda': {
    name: 'toLambdaHandler',
    from: 'clerk-mongo-sync/aws-lambda',
    mount: 'export const handler = clerkWebhook',
    where: 'as the handler of a function',
  },
  'google-cloud-functions': {
    name: 'toNodeHandler',
    from: 'clerk-mongo-sync/node',
    mount: "http('clerk', clerkWebhook)",
    where: 'with http of @google-cloud/functions-framework',
  },
  fetch: {
    name: 'toFetchHandler',
    from: 'clerk-mongo-sync/fetch',
    mount: 'return clerkWebhook(request)',
    where: 'in the route POST /api/webhooks/clerk, with the unread Request',
  },
  node: {
    name: 'toNodeHandler',
    from: 'clerk-mongo-sync/node',
    mount: "if (request.url === '/api/webhooks/clerk') return clerkWebhook(request, response)",
    where: 'in your request listener, before anything reads the body',
  },
}

/** The adapter for a framework; for one with files for routes, the one that takes a `Request`. */
export const adapterOf = (framework: Framework): Adapter =>
  framework === 'next-app' || framework === 'next-pages' || isFileRouted(framework)
    ? adapters.fetch
    : adapters[framework]
