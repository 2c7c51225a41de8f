import manifest from '../../examples/google-cloud-functions/package.json'
import { run } from '../support/process'
import { testExample } from './example'
import { esbuild } from './functions'

testExample({
  name: 'google-cloud-functions',
  async prepare(app) {
    await run('esbuild', esbuild(manifest.scripts.build), { cwd: app.path })
  },
  start: manifest.scripts.start.split(' ').slice(1),
})
