import { testInstalledApp } from './installed'

testInstalledApp({
  title: 'Nuxt 4',
  source: 'examples/nuxt',
  dependencies: { '@clerk/nuxt': '3.0.16' },
  files: {
    'nuxt.config.ts':
      "export default defineNuxtConfig({ modules: ['@clerk/nuxt'], compatibilityDate: '2026-01-01', telemetry: false })\n",
    'lib/current-user.ts': `import { toCurrentUser } from 'clerk-mongo-sync'
import type { H3Event } from 'h3'
import { clerkSync } from './clerk-sync'

export const currentUser = toCurrentUser(clerkSync, (event: H3Event) => event.context.auth())
`,
    'server/routes/me.get.ts': `import { toPlainUser } from 'clerk-mongo-sync'
import { defineEventHandler, setResponseStatus } from 'h3'
import { currentUser } from '../../lib/current-user'

export default defineEventHandler(async (event) => {
  const user = await currentUser(event)
  setResponseStatus(event, user ? 200 : 401)
  return user ? toPlainUser(user) : null
})
`,
  },
  build: [
    ['node_modules/nuxt/bin/nuxt.mjs', 'prepare'],
    ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.nuxt/tsconfig.server.json'],
    ['node_modules/nuxt/bin/nuxt.mjs', 'build'],
  ],
  start: ['.output/server/index.mjs'],
  prefix: 'NUXT_PUBLIC_',
  env: { HOST: '127.0.0.1' },
})
