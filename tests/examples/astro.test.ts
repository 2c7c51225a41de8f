import { run } from '../support/process'
import { typecheck } from './example'
import { testInstalledExample } from './installed-example'

testInstalledExample({
  name: 'astro',
  async build(app) {
    const quiet = { ASTRO_TELEMETRY_DISABLED: '1' }
    await run('astro sync', ['node_modules/astro/astro.js', 'sync'], { cwd: app.path, env: quiet })
    await typecheck(app)
    await run('astro build', ['node_modules/astro/astro.js', 'build'], { cwd: app.path, env: quiet })
  },
  start: ['--env-file=.env', 'dist/server/entry.mjs'],
  env: { HOST: '127.0.0.1' },
  fileOf: (path) => `src/pages${path}.ts`,
  codeOf: (subject) => `import { toAstroRoute } from 'clerk-mongo-sync/astro'

export const prerender = false
export const ALL = toAstroRoute(${subject})`,
  files: {
    'src/middleware.ts': `import { defineMiddleware } from 'astro:middleware'

export const onRequest = defineMiddleware(async ({ request, url }, next) => {
  if (url.pathname === '/read-in-front') await request.json().catch(() => {})
  return next()
})
`,
  },
  remedy: 'Let `onRequest` in src/middleware.ts skip the path of this route, or read context.request.clone() there.',
  traits: { withoutType: 403 },
  mistaken: { '/': 'Answered 200 with a page of HTML' },
})
