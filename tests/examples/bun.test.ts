import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import manifest from '../../examples/bun/package.json'
import { adapterContract } from '../contracts/adapters'
import { installApp } from '../support/installed-app'
import { root } from '../support/made-once'
import { run, startServer } from '../support/process'
import { runtime } from '../support/runtime'
import { testExample } from './example'

const start = manifest.scripts.start.split(' ').slice(1)

/** Serves the subjects of the contract. */
const contract = `import { toFetchHandler } from 'clerk-mongo-sync/fetch'
import { createSubjects } from './subject'

const routes = Object.entries(createSubjects()).map(([path, subject]) => [path, toFetchHandler(subject)])
Bun.serve({ port: process.env.PORT, routes: Object.fromEntries(routes), fetch: () => new Response('', { status: 404 }) })
`

testExample({
  name: 'bun',
  copy: installApp,
  async prepare(app) {
    await run('tsc', ['node_modules/typescript/bin/tsc', '-p', '.'], { cwd: app.path })
    await cp(join(root, 'tests/contracts/adapters-subject.ts'), join(app.path, 'subject.ts'))
    await writeFile(join(app.path, 'contract.ts'), contract)
  },
  program: () => runtime('bun'),
  start,
  more(running) {
    adapterContract(
      'toFetchHandler on Bun',
      async () => {
        const args = start.map((word) => (word === 'server.ts' ? 'contract.ts' : word))
        return startServer(args, { cwd: running().path, program: await runtime('bun') })
      },
      { trailingSlash: 404 },
    )
  },
})
