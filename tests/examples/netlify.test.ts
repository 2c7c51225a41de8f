import { testExample } from './example'
import { addFront, startFront } from './functions'

testExample({
  name: 'netlify',
  async prepare(app) {
    await addFront(
      app,
      'fetch-front.ts',
      `import clerk, { config } from '../netlify/functions/clerk'
import { serveFunctions } from './fetch-front'

serveFunctions({ [config.path]: clerk }, Number(process.env.PORT))
`,
    )
  },
  start: startFront,
})
