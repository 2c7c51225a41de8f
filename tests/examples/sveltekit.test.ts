import { run } from '../support/process'
import { testInstalledExample } from './installed-example'

testInstalledExample({
  name: 'sveltekit',
  async build({ path }) {
    await run('svelte-kit sync', ['node_modules/@sveltejs/kit/svelte-kit.js', 'sync'], { cwd: path })
    await run('tsc', ['node_modules/typescript/bin/tsc', '--noEmit'], { cwd: path })
    await run('vite build', ['node_modules/vite/bin/vite.js', 'build'], { cwd: path })
  },
  start: ['--env-file=.env', 'build'],
  fileOf: (path) => `src/routes${path}/+server.ts`,
  codeOf: (subject) => `import { toSvelteKitHandler } from 'clerk-mongo-sync/sveltekit'

export const fallback = toSvelteKitHandler(${subject})`,
  files: {
    'src/hooks.server.ts': `import type { Handle } from '@sveltejs/kit'

export const handle: Handle = async ({ event, resolve }) => {
  if (event.url.pathname === '/read-in-front') await event.request.json().catch(() => {})
  return resolve(event)
}
`,
  },
  remedy: 'Let `handle` in hooks.server.ts skip the path of this route, or read event.request.clone() there.',
  traits: { trailingSlash: 308, withoutType: 500 },
})
