import { testInstalledApp } from './installed'

testInstalledApp({
  title: 'TanStack Start',
  source: 'examples/tanstack-start',
  dependencies: { '@clerk/tanstack-react-start': '1.5.15' },
  files: {
    'src/start.ts': `import { clerkMiddleware } from '@clerk/tanstack-react-start/server'
import { createStart } from '@tanstack/react-start'

export const startInstance = createStart(() => ({ requestMiddleware: [clerkMiddleware()] }))
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
  build: [
    ['node_modules/vite/bin/vite.js', 'build'],
    ['node_modules/typescript/bin/tsc', '-p', '.'],
  ],
  start: ['node_modules/srvx/bin/srvx.mjs', '--prod', '-s', '../client', 'dist/server/server.js'],
})
