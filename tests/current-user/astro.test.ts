import { testInstalledApp } from './installed'

testInstalledApp({
  title: 'Astro 5',
  source: 'examples/astro',
  dependencies: { '@clerk/astro': '4.0.21' },
  files: {
    'astro.config.mjs': `import node from '@astrojs/node'
import clerk from '@clerk/astro'
import { defineConfig } from 'astro/config'

export default defineConfig({ adapter: node({ mode: 'standalone' }), integrations: [clerk()], output: 'server' })
`,
    'src/env.d.ts': '/// <reference types="@clerk/astro/env" />\n',
    'src/middleware.ts': `import { clerkMiddleware } from '@clerk/astro/server'

export const onRequest = clerkMiddleware({ jwtKey: process.env.CLERK_JWT_KEY })
`,
    'src/lib/current-user.ts': `import type { APIContext } from 'astro'
import { toCurrentUser } from 'clerk-mongo-sync'
import { clerkSync } from './clerk-sync'

export const currentUser = toCurrentUser(clerkSync, ({ locals }: Pick<APIContext, 'locals'>) => locals.auth())
`,
    'src/pages/me.ts': `import type { APIRoute } from 'astro'
import { toPlainUser } from 'clerk-mongo-sync'
import { currentUser } from '../lib/current-user'

export const GET: APIRoute = async (context) => {
  const user = await currentUser(context)
  return Response.json(user && toPlainUser(user), { status: user ? 200 : 401 })
}
`,
  },
  build: [
    ['node_modules/astro/astro.js', 'sync'],
    ['node_modules/typescript/bin/tsc', '-p', '.'],
    ['node_modules/astro/astro.js', 'build'],
  ],
  start: ['dist/server/entry.mjs'],
  prefix: 'PUBLIC_',
  env: { HOST: '127.0.0.1' },
})
