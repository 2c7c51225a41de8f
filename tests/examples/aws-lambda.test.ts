import manifest from '../../examples/aws-lambda/package.json'
import { run } from '../support/process'
import { testExample } from './example'
import { addFront, esbuild, startFront } from './functions'

testExample({
  name: 'aws-lambda',
  async prepare(app) {
    await run('esbuild', esbuild(manifest.scripts.build), { cwd: app.path })
    await addFront(
      app,
      'lambda-front.ts',
      `import { handler } from '../dist/index.cjs'
import { fronts, serveFunctions } from './lambda-front'

serveFunctions(fronts['a function URL'], { '/api/webhooks/clerk': handler }, Number(process.env.PORT))
`,
    )
  },
  start: startFront,
})
