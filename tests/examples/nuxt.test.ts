import { run } from '../support/process'
import { testInstalledExample } from './installed-example'

testInstalledExample({
  name: 'nuxt',
  async build({ path }) {
    await run('nuxt build', ['node_modules/nuxt/bin/nuxt.mjs', 'build'], { cwd: path })
    const tsc = 'node_modules/typescript/bin/tsc'
    await run('tsc', [tsc, '--noEmit', '-p', '.nuxt/tsconfig.server.json'], { cwd: path })
  },
  start: ['--env-file=.env', '.output/server/index.mjs'],
  env: { HOST: '127.0.0.1' },
  fileOf: (path) => `server/routes${path}.ts`,
  codeOf: (subject) => `import { toH3Handler } from 'clerk-mongo-sync/h3'

export default defineEventHandler(toH3Handler(${subject}))`,
  files: {
    'server/middleware/reads-bodies.ts': `export default defineEventHandler(async (event) => {
  if (event.path === '/read-in-front') await readBody(event)
})
`,
  },
  remedy: 'Let the middleware that reads the body skip the path of this route.',
  traits: {},
})
