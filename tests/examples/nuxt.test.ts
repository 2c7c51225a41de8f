import { run } from '../support/process'
import { testInstalledExample } from './installed-example'

await testInstalledExample({
  name: 'nuxt',
  async build({ path }, env) {
    await run('nuxt build', ['node_modules/nuxt/bin/nuxt.mjs', 'build'], { cwd: path, env })
    const tsc = 'node_modules/typescript/bin/tsc'
    await run('tsc', [tsc, '--noEmit', '-p', '.nuxt/tsconfig.server.json'], { cwd: path })
  },
  start: ['--env-file=.env', '.output/server/index.mjs'],
  env: { HOST: '127.0.0.1', NUXT_TELEMETRY_DISABLED: '1' },
  clerk: { title: 'Nuxt 4', dependencies: { '@clerk/nuxt': '3.0.16' }, prefix: 'NUXT_PUBLIC_' },
  fileOf: (path) => `server/routes${path}.ts`,
  codeOf: (subject) => `import { toH3Handler } from 'clerk-mongo-sync/h3'

export default defineEventHandler(toH3Handler(${subject}))`,
  files: {
    'nuxt.config.ts': (code) => code.replace('defineNuxtConfig({', "defineNuxtConfig({ modules: ['@clerk/nuxt'],"),
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
    'server/middleware/reads-bodies.ts': `export default defineEventHandler(async (event) => {
  if (event.path === '/read-in-front') await readBody(event)
})
`,
  },
  remedy: 'Let the middleware that reads the body skip the path of this route.',
  traits: {},
})
