import { describe, expect, it } from 'vitest'
import { runCli } from './cli'
import { manifest, projectWith } from './init-project'

/** A package of each framework with files for routes, and what `init` writes for it. */
const frameworks: Record<string, { file: string; text: string; more?: Record<string, string> }> = {
  '@sveltejs/kit': {
    file: 'src/routes/api/webhooks/clerk/+server.ts',
    text: `import { toSvelteKitHandler } from 'clerk-mongo-sync/sveltekit'
import { clerkSync } from '../../../../lib/clerk-sync'

export const POST = toSvelteKitHandler(clerkSync)
`,
  },
  astro: {
    file: 'src/pages/api/webhooks/clerk.ts',
    text: `import { toAstroRoute } from 'clerk-mongo-sync/astro'
import { clerkSync } from '../../../lib/clerk-sync'

export const prerender = false
export const ALL = toAstroRoute(clerkSync)
`,
  },
  '@react-router/node': {
    file: 'app/routes/api.webhooks.clerk.ts',
    text: `import { toReactRouterAction } from 'clerk-mongo-sync/react-router'
import { clerkSync } from '../../src/lib/clerk-sync'

export const action = toReactRouterAction(clerkSync)
export const loader = action
`,
    more: { 'app/routes.ts': "import { flatRoutes } from '@react-router/fs-routes'\nexport default flatRoutes()\n" },
  },
  '@tanstack/react-start': {
    file: 'src/routes/api/webhooks/clerk.ts',
    text: `import { createFileRoute } from '@tanstack/react-router'
import { toTanStackHandler } from 'clerk-mongo-sync/tanstack-start'
import { clerkSync } from '../../../lib/clerk-sync'

export const Route = createFileRoute('/api/webhooks/clerk')({
  server: { handlers: { ANY: toTanStackHandler(clerkSync) } },
})
`,
  },
  '@solidjs/start': {
    file: 'src/routes/api/webhooks/clerk.ts',
    text: `import { toSolidStartHandler } from 'clerk-mongo-sync/solid-start'
import { clerkSync } from '../../../lib/clerk-sync'

export const POST = toSolidStartHandler(clerkSync)
`,
  },
  '@azure/functions': {
    file: 'src/functions/clerk.ts',
    text: `import { app } from '@azure/functions'
import { toAzureHandler } from 'clerk-mongo-sync/azure-functions'
import { clerkSync } from '../lib/clerk-sync'

app.http('clerk', {
  route: 'webhooks/clerk',
  methods: ['POST'],
  authLevel: 'anonymous',
  handler: toAzureHandler(clerkSync),
})
`,
  },
}

const projectOf = (name: string, files: Record<string, string> = {}) =>
  projectWith({
    'package.json': manifest([name, 'mongoose', 'typescript'], { type: 'module' }),
    'src/other.ts': 'export const other = 1\n',
    ...frameworks[name]?.more,
    ...files,
  })

describe.each(Object.entries(frameworks))('init for an app with %s', (name, { file, text }) => {
  it('writes the file of the route, once', async () => {
    const project = await projectOf(name)
    const { stdout } = await project.init('--yes')
    expect(await project.read(file)).toBe(text)
    expect(stdout).toContain('https://<your app>/api/webhooks/clerk with user.created')
    expect(stdout).not.toContain('Add the route to')
    expect((await project.init()).stdout).toContain('Nothing to do')
  })
})

describe('init finds the path of a route that the app has placed itself', () => {
  const moved: [name: string, file: string, text: string, path: string, more?: Record<string, string>][] = [
    ['@sveltejs/kit', 'src/routes/(hooks)/clerk/+server.ts', 'export const POST = toSvelteKitHandler(s)', '/clerk'],
    ['astro', 'src/pages/hooks/index.ts', 'export const ALL = toAstroRoute(s)', '/hooks'],
    ['@solidjs/start', 'src/routes/hooks/clerk.ts', 'export const POST = toSolidStartHandler(s)', '/hooks/clerk'],
    [
      '@tanstack/react-start',
      'src/routes/hooks.clerk.ts',
      "export const Route = createFileRoute('/hooks/clerk')({ server: { handlers: { ANY: toTanStackHandler(s) } } })",
      '/hooks/clerk',
    ],
    [
      '@react-router/node',
      'app/routes/clerk.ts',
      'export const action = toReactRouterAction(s)',
      '/hooks/clerk',
      { 'app/routes.ts': "export default [index('routes/home.tsx'), route('hooks/clerk', 'routes/clerk.ts')]\n" },
    ],
    ['@azure/functions', 'src/hook.ts', "app.http('a', { route: 'clerk', handler: toAzureHandler(s) })", '/api/clerk'],
  ]
  it.each(moved)('%s', async (name, file, text, path, more = {}) => {
    const project = await projectOf(name, { [file]: `${text}\n`, ...more })
    const { stdout } = await project.init('--yes')
    expect(stdout).toContain(`https://<your app>${path} with user.created`)
  })
})

it('init prints the line for app/routes.ts where React Router has a list of routes', async () => {
  const project = await projectOf('@react-router/node', { 'app/routes.ts': 'export default []\n' })
  const { stdout } = await project.init('--yes')
  expect(stdout).toContain("route('api/webhooks/clerk', './routes/api.webhooks.clerk.ts'),")
})

it('init prints what to put into a file of SvelteKit that verifies by hand', async () => {
  const project = await projectOf('@sveltejs/kit', {
    'src/routes/clerk/+server.ts': `import { Webhook } from 'svix'
export const POST = async ({ request }) => {
  const user = new Webhook(process.env.CLERK_WEBHOOK_SECRET).verify(await request.text(), headers)
}
`,
  })
  const { stdout } = await project.init('--yes')
  expect(stdout).toContain('Replace the content of src/routes/clerk/+server.ts with this.')
  expect(stdout).toContain('export const POST = toSvelteKitHandler(clerkSync)')
  expect(stdout).toContain('Keep its path /clerk')
})

describe('doctor', () => {
  const checks = async (name: string, files: Record<string, string>) => {
    const { path } = await projectOf(name, files)
    const { stdout } = await runCli(['doctor', '--json'], { cwd: path })
    const { findings } = JSON.parse(stdout) as { findings: { check: string; message: string }[] }
    return findings.filter(({ check }) => check === 'route_file' || check === 'body_limit').map(({ check }) => check)
  }

  it.each([
    ['without prerender', 'export const ALL = toAstroRoute(s)\n', '', ['route_file']],
    ['with prerender', 'export const prerender = false\nexport const ALL = toAstroRoute(s)\n', '', []],
    ['in an app on demand', 'export const ALL = toAstroRoute(s)\n', "export default { output: 'server' }\n", []],
  ])('names an endpoint of Astro that is made at build time: %s', async (_, text, config, expected) => {
    expect(await checks('astro', { 'src/pages/clerk.ts': text, 'astro.config.mjs': config })).toEqual(expected)
  })

  it.each([
    ['function', ['route_file']],
    ['anonymous', []],
  ])('names a function of Azure that requires a key: %s', async (level, expected) => {
    const text = `app.http('clerk', { authLevel: '${level}', handler: toAzureHandler(s) })\n`
    expect(await checks('@azure/functions', { 'src/functions/clerk.ts': text })).toEqual(expected)
  })

  it.each([
    ['no file', {}, ['body_limit']],
    ['.env.example', { '.env.example': 'BODY_SIZE_LIMIT=2M\n' }, []],
  ])('names the limit of SvelteKit on Node: set in %s', async (_, files, expected) => {
    expect(await checks('@sveltejs/adapter-node', files)).toEqual(expected)
  })
})
