import { testInstalledApp } from './installed'

testInstalledApp({
  title: 'React Router 7',
  source: 'examples/react-router',
  dependencies: { '@clerk/react-router': '3.6.24' },
  files: {
    'react-router.config.ts': `import type { Config } from '@react-router/dev/config'

export default { future: { v8_middleware: true } } satisfies Config
`,
    'app/root.tsx': `import { clerkMiddleware } from '@clerk/react-router/server'
import { Outlet } from 'react-router'

export const middleware = [clerkMiddleware()]

export default function Root() {
  return (
    <html lang="en">
      <body>
        <Outlet />
      </body>
    </html>
  )
}
`,
    'app/routes.ts': `import { index, type RouteConfig, route } from '@react-router/dev/routes'

export default [index('routes/home.tsx'), route('me', 'routes/me.ts')] satisfies RouteConfig
`,
    'app/lib/current-user.server.ts': `import { getAuth } from '@clerk/react-router/server'
import { toCurrentUser } from 'clerk-mongo-sync'
import { clerkSync } from './clerk-sync.server'

export const currentUser = toCurrentUser(clerkSync, getAuth)
`,
    'app/routes/me.ts': `import { toPlainUser } from 'clerk-mongo-sync'
import type { LoaderFunctionArgs } from 'react-router'
import { currentUser } from '../lib/current-user.server'

export async function loader(args: LoaderFunctionArgs) {
  const user = await currentUser(args)
  return Response.json(user && toPlainUser(user), { status: user ? 200 : 401 })
}
`,
  },
  build: [
    ['node_modules/@react-router/dev/bin.js', 'typegen'],
    ['node_modules/typescript/bin/tsc', '-p', '.'],
    ['node_modules/@react-router/dev/bin.js', 'build'],
  ],
  start: ['node_modules/@react-router/serve/bin.js', 'build/server/index.js'],
})
