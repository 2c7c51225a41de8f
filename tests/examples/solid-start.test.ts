import { run } from '../support/process'
import { typecheck } from './example'
import { testInstalledExample } from './installed-example'

await testInstalledExample({
  name: 'solid-start',
  async build(app) {
    await run('vinxi build', ['node_modules/vinxi/bin/cli.mjs', 'build'], { cwd: app.path })
    await typecheck(app)
  },
  start: ['--env-file=.env', '.output/server/index.mjs'],
  fileOf: (path) => `src/routes${path}.ts`,
  codeOf: (subject) => `import { toSolidStartHandler } from 'clerk-mongo-sync/solid-start'

const handler = toSolidStartHandler(${subject})
${['POST', 'GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => `export const ${method} = handler`).join('\n')}`,
  files: {
    'src/middleware.ts': `import { createMiddleware } from '@solidjs/start/middleware'

export default createMiddleware({
  onRequest: async ({ request }) => {
    if (new URL(request.url).pathname === '/read-in-front') await request.json().catch(() => {})
  },
})
`,
    'app.config.ts': `import { defineConfig } from '@solidjs/start/config'

export default defineConfig({ middleware: 'src/middleware.ts' })
`,
  },
  remedy: 'Let `onRequest` in src/middleware.ts skip the path of this route, or read event.request.clone() there.',
  traits: {},
})
