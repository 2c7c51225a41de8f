import { run } from '../support/process'
import { typecheck } from './example'
import { testInstalledExample } from './installed-example'

testInstalledExample({
  name: 'tanstack-start',
  async build(app) {
    await run('vite build', ['node_modules/vite/bin/vite.js', 'build'], { cwd: app.path })
    // It writes the tree of routes, which the types need.
    await typecheck(app)
  },
  start: ['--env-file=.env', 'node_modules/srvx/bin/srvx.mjs', '--prod', '-s', '../client', 'dist/server/server.js'],
  fileOf: (path) => `src/routes${path}.ts`,
  codeOf: (subject, path) => `import { createFileRoute } from '@tanstack/react-router'
import { toTanStackHandler } from 'clerk-mongo-sync/tanstack-start'

export const Route = createFileRoute('${path}')({
  server: { handlers: { ANY: toTanStackHandler(${subject}) } },
})`,
  files: {
    'src/start.ts': `import { createMiddleware, createStart } from '@tanstack/react-start'

const reading = createMiddleware().server(async ({ request, next }) => {
  if (new URL(request.url).pathname === '/read-in-front') await request.json().catch(() => {})
  return next()
})

export const startInstance = createStart(() => ({ requestMiddleware: [reading] }))
`,
  },
  remedy: 'Let the request middleware in src/start.ts skip the path of this route, or read request.clone() there.',
  traits: {},
  mistaken: { '/': 'Answered 200 with a page of HTML' },
})
