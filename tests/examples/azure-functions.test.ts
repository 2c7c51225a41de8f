import manifest from '../../examples/azure-functions/package.json'
import { run } from '../support/process'
import { testExample } from './example'
import { addFront, esbuild, startFront } from './functions'

testExample({
  name: 'azure-functions',
  async prepare(app) {
    const build = manifest.scripts.build.replace('src/functions/*.ts', 'src/functions/clerk.ts')
    await run('esbuild', esbuild(build), { cwd: app.path })
    await addFront(
      app,
      'azure-front.ts',
      `import { handler } from '../dist/clerk.mjs'
import { serveFunctions } from './azure-front'

serveFunctions({ '/api/webhooks/clerk': handler }, Number(process.env.PORT))
`,
    )
  },
  start: startFront,
})
