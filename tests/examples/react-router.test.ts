import { expect, onTestFinished, test } from 'vitest'
import { expectRefusal, send } from '../contracts/adapters'
import { run, startServer } from '../support/process'
import { typecheck } from './example'
import { addedPaths, delivery, testInstalledExample } from './installed-example'

const fileOf = (path: string) => `app/routes${path}.ts`
const added = addedPaths.map((path) => `  route('${path.slice(1)}', '${fileOf(path).replace('app/', '')}'),\n`).join('')

testInstalledExample({
  name: 'react-router',
  async build(app) {
    await typecheck(app)
    await run('react-router build', ['node_modules/@react-router/dev/bin.js', 'build'], { cwd: app.path })
  },
  start: ['--env-file=.env', 'node_modules/@react-router/serve/bin.js', 'build/server/index.js'],
  env: { HOST: '127.0.0.1' },
  fileOf,
  codeOf: (subject) => `import { toReactRouterAction } from 'clerk-mongo-sync/react-router'

export const action = toReactRouterAction(${subject})
export const loader = action`,
  files: {
    'app/routes.ts': `import { index, type RouteConfig, route } from '@react-router/dev/routes'

export default [
  index('routes/home.tsx'),
  route('api/webhooks/clerk', 'routes/webhooks.clerk.ts'),
${added}] satisfies RouteConfig
`,
    'behind-a-parser.mjs': `import { createRequestHandler } from '@react-router/express'
import express from 'express'
import * as build from './build/server/index.js'

const app = express()
app.use(express.json())
app.all('*', createRequestHandler({ build }))
app.listen(Number(process.env.PORT))
`,
  },
  traits: {},
  mistaken: { '/': '`action` in React Router' },
  more(running) {
    test('logs which line to move behind express.json(), which leaves an empty body', async () => {
      const server = await startServer(['behind-a-parser.mjs'], { cwd: running().path })
      onTestFinished(server.close)
      expectRefusal(await send(`${server.url}/read-in-front`, delivery()), 500, 'raw_body_unavailable')
      expect(server.printed()).toContain('Move the request handler of React Router above app.use(express.json()).')
    })
  },
})
