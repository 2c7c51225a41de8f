import { testExample } from './example'
import { addFront, startFront } from './functions'

testExample({
  name: 'vercel',
  async prepare(app) {
    await addFront(
      app,
      'fetch-front.ts',
      `import { POST } from '../api/webhooks/clerk'
import { serveFunctions } from './fetch-front'

serveFunctions({ '/api/webhooks/clerk': POST }, Number(process.env.PORT))
`,
    )
  },
  start: startFront,
})
