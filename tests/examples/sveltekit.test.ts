import { signClerkWebhook } from 'clerk-mongo-sync/testing'
import { expect, onTestFinished, test } from 'vitest'
import { expectRefusal, send } from '../contracts/adapters'
import { run, startServer } from '../support/process'
import { signingSecret } from './example'
import { testInstalledExample } from './installed-example'

await testInstalledExample({
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
  mistaken: {
    '/': 'in a +server.ts of SvelteKit',
    '/webhook/': 'which only removes the trailing slash',
  },
  more(running) {
    test('answers 413 to what the server refuses by its own limit, which .env.example raises', async () => {
      const server = await startServer(['build'], { cwd: running().path })
      onTestFinished(server.close)
      const pad = 'x'.repeat(600_000)
      const event = `{"type":"user.created","data":{"id":"user_large","public_metadata":{"pad":"${pad}"}}}`
      const large = signClerkWebhook(event, { signingSecret })
      expectRefusal(await send(`${server.url}/webhook`, large), 413, 'body_too_large')
      expect(await send(`${running().url}/webhook`, large)).toMatchObject({ status: 200, body: { outcome: 'created' } })
    })
  },
})
