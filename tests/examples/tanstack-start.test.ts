import { run } from '../support/process'
import { typecheck } from './example'
import { testInstalledExample } from './installed-example'

await testInstalledExample({
  name: 'tanstack-start',
  async build(app, env) {
    await run('vite build', ['node_modules/vite/bin/vite.js', 'build'], { cwd: app.path, env })
    // It writes the tree of routes, which the types need.
    await typecheck(app)
  },
  start: ['--env-file=.env', 'node_modules/srvx/bin/srvx.mjs', '--prod', '-s', '../client', 'dist/server/server.js'],
  clerk: { title: 'TanStack Start', dependencies: { '@clerk/tanstack-react-start': '1.5.15' } },
  fileOf: (path) => `src/routes${path}.ts`,
  codeOf: (subject, path) => `import { createFileRoute } from '@tanstack/react-router'
import { toTanStackHandler } from 'clerk-mongo-sync/tanstack-start'

export const Route = createFileRoute('${path}')({
  server: { handlers: { ANY: toTanStackHandler(${subject}) } },
})`,
  files: {
    'src/start.ts': `import { clerkMiddleware } from '@clerk/tanstack-react-start/server'
import { createMiddleware, createStart } from '@tanstack/react-start'

const reading = createMiddleware().server(async ({ request, next }) => {
  if (new URL(request.url).pathname === '/read-in-front') await request.json().catch(() => {})
  return next()
})

export const startInstance = createStart(() => ({ requestMiddleware: [clerkMiddleware(), reading] }))
`,
    'src/lib/current-user.ts': `import { auth } from '@clerk/tanstack-react-start/server'
import { toCurrentUser } from 'clerk-mongo-sync'
import { clerkSync } from './clerk-sync'

export const currentUser = toCurrentUser(clerkSync, auth)
`,
    'src/routes/me.ts': `import { createFileRoute } from '@tanstack/react-router'
import { toPlainUser } from 'clerk-mongo-sync'
import { currentUser } from '../lib/current-user'

export const Route = createFileRoute('/me')({
  server: {
    handlers: {
      GET: async () => {
        const user = await currentUser()
        return Response.json(user && toPlainUser(user), { status: user ? 200 : 401 })
      },
    },
  },
})
`,
  },
  remedy: 'Let the request middleware in src/start.ts skip the path of this route, or read request.clone() there.',
  traits: {},
  mistaken: { '/': 'Answered 200 with a page of HTML' },
})
