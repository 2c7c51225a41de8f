import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../support/process'
import { addNextRoute, testDashboardRoute } from './dashboard-route'
import { testExample } from './example'
import { addNextRoutes, testNextAdapters } from './next-routes'

const next = 'node_modules/next/dist/bin/next'

testExample({
  name: 'next',
  async prepare({ path }) {
    // The packages in this copy are links, which lead out of the folder that Turbopack would keep to.
    await writeFile(join(path, 'next.config.ts'), "export default { turbopack: { root: '/' } }\n")
    await addNextRoute(path)
    await addNextRoutes(path)
    await run('next build', [next, 'build'], { cwd: path })
  },
  start: [next, 'start'],
  // The contract sends one state of a user in several forms: with a key, Clerk would be asked which one is right.
  env: { CLERK_SECRET_KEY: '' },
  more(running) {
    testDashboardRoute(running)
    testNextAdapters(running)
  },
})
