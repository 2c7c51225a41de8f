import { run } from '../support/process'
import { typecheck } from './example'
import { testInstalledExample } from './installed-example'

await testInstalledExample({
  name: 'astro',
  async build(app, env) {
    await run('astro sync', ['node_modules/astro/astro.js', 'sync'], { cwd: app.path, env })
    await typecheck(app)
    await run('astro build', ['node_modules/astro/astro.js', 'build'], { cwd: app.path, env })
  },
  start: ['--env-file=.env', 'dist/server/entry.mjs'],
  env: { HOST: '127.0.0.1', ASTRO_TELEMETRY_DISABLED: '1' },
  clerk: { title: 'Astro 5', dependencies: { '@clerk/astro': '4.0.21' }, prefix: 'PUBLIC_' },
  fileOf: (path) => `src/pages${path}.ts`,
  codeOf: (subject) => `import { toAstroRoute } from 'clerk-mongo-sync/astro'

export const prerender = false
export const ALL = toAstroRoute(${subject})`,
  files: {
    'astro.config.mjs': (code) =>
      `import clerk from '@clerk/astro'\n${code.replace('defineConfig({', 'defineConfig({ integrations: [clerk()],')}`,
    'src/env.d.ts': '/// <reference types="@clerk/astro/env" />\n',
    'src/middleware.ts': `import { clerkMiddleware } from '@clerk/astro/server'
import { defineMiddleware, sequence } from 'astro:middleware'

const reading = defineMiddleware(async ({ request, url }, next) => {
  if (url.pathname === '/read-in-front') await request.json().catch(() => {})
  return next()
})

export const onRequest = sequence(clerkMiddleware({ jwtKey: process.env.CLERK_JWT_KEY }), reading)
`,
    'src/lib/current-user.ts': `import type { APIContext } from 'astro'
import { toCurrentUser } from 'clerk-mongo-sync'
import { clerkSync } from './clerk-sync'

export const currentUser = toCurrentUser(clerkSync, ({ locals }: Pick<APIContext, 'locals'>) => locals.auth())
`,
    'src/pages/me.ts': `import type { APIRoute } from 'astro'
import { toPlainUser } from 'clerk-mongo-sync'
import { currentUser } from '../lib/current-user'

export const prerender = false
export const GET: APIRoute = async (context) => {
  const user = await currentUser(context)
  return Response.json(user && toPlainUser(user), { status: user ? 200 : 401 })
}
`,
  },
  remedy: 'Let `onRequest` in src/middleware.ts skip the path of this route, or read context.request.clone() there.',
  traits: { withoutType: 403 },
  mistaken: { '/': 'Answered 200 with a page of HTML' },
})
