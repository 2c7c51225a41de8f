import { expect, onTestFinished, test } from 'vitest'
import { expectRefusal, send } from '../contracts/adapters'
import { run, startServer } from '../support/process'
import { typecheck } from './example'
import { addedPaths, delivery, testInstalledExample } from './installed-example'

const fileOf = (path: string) => `app/routes${path}.ts`
const added = addedPaths.map((path) => `  route('${path.slice(1)}', '${fileOf(path).replace('app/', '')}'),\n`).join('')

await testInstalledExample({
  name: 'react-router',
  async build(app, env) {
    await run('react-router typegen', ['node_modules/@react-router/dev/bin.js', 'typegen'], { cwd: app.path, env })
    await typecheck(app)
    await run('react-router build', ['node_modules/@react-router/dev/bin.js', 'build'], { cwd: app.path, env })
  },
  start: ['--env-file=.env', 'node_modules/@react-router/serve/bin.js', 'build/server/index.js'],
  env: { HOST: '127.0.0.1' },
  clerk: { title: 'React Router 7', dependencies: { '@clerk/react-router': '3.6.24' } },
  fileOf,
  codeOf: (subject) => `import { toReactRouterAction } from 'clerk-mongo-sync/react-router'

export const action = toReactRouterAction(${subject})
export const loader = action`,
  files: {
    'app/routes.ts': `import { index, type RouteConfig, route } from '@react-router/dev/routes'

export default [
  index('routes/home.tsx'),
  route('api/webhooks/clerk', 'routes/webhooks.clerk.ts'),
  route('me', 'routes/me.ts'),
${added}] satisfies RouteConfig
`,
    'react-router.config.ts': `import type { Config } from '@react-router/dev/config'

export default { future: { v8_middleware: true } } satisfies Config
`,
    'app/root.tsx': (code) => `import { clerkMiddleware } from '@clerk/react-router/server'
${code}
export const middleware = [clerkMiddleware()]
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
      const server = await startServer(['behind-a-parser.mjs'], { cwd: running().path, env: running().env })
      onTestFinished(server.close)
      expectRefusal(await send(`${server.url}/read-in-front`, delivery()), 500, 'raw_body_unavailable')
      expect(server.printed()).toContain('Move the request handler of React Router above app.use(express.json()).')
    })
  },
})
