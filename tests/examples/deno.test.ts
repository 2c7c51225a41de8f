import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import manifest from '../../examples/deno/package.json'
import { adapterContract } from '../contracts/adapters'
import { installApp } from '../support/installed-app'
import { root } from '../support/made-once'
import { run, startServer } from '../support/process'
import { runtime } from '../support/runtime'
import { testExample } from './example'

const start = manifest.scripts.start.split(' ').slice(1)

/** Serves the subjects of the contract. */
const contract = `import { toFetchHandler } from 'clerk-mongo-sync/fetch'
import { createSubjects } from './subject.ts'

const subjects = createSubjects()
Deno.serve({ port: Number(Deno.env.get('PORT')) }, (request) => {
  const subject = subjects[new URL(request.url).pathname]
  return subject ? toFetchHandler(subject)(request) : new Response('', { status: 404 })
})
`

testExample({
  name: 'deno',
  copy: installApp,
  async prepare(app) {
    await run('deno check', ['check', 'server.ts'], { cwd: app.path, program: await runtime('deno') })
    await cp(join(root, 'tests/contracts/adapters-subject.ts'), join(app.path, 'subject.ts'))
    await writeFile(join(app.path, 'contract.ts'), contract)
  },
  program: () => runtime('deno'),
  start,
  more(running) {
    adapterContract(
      'toFetchHandler on Deno',
      async () => {
        const args = start.map((word) => (word === 'server.ts' ? 'contract.ts' : word))
        return startServer(args, { cwd: running().path, program: await runtime('deno') })
      },
      { trailingSlash: 404 },
    )
  },
})
