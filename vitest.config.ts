import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

type Project = 'unit' | 'database' | 'process' | 'chaos'

/**
 * What the tests of a folder need. `unit`: nothing. `database`: a server that speaks MongoDB's protocol. `process`: processes of their
 * own, as the command line, packed tarballs and builds of frameworks do. `chaos`: minutes, for random histories and kill points.
 * `npm test` runs the first two.
 */
const projectOfFolder: Record<string, Project> = {
  '.': 'unit',
  adapters: 'database',
  apps: 'database',
  chaos: 'chaos',
  'chaos-two-way': 'chaos',
  cli: 'process',
  'clerk-api': 'unit',
  diagnose: 'database',
  events: 'unit',
  examples: 'process',
  hooks: 'unit',
  jobs: 'database',
  live: 'database',
  'kill-points': 'chaos',
  map: 'unit',
  mongoose: 'database',
  package: 'process',
  security: 'database',
  store: 'unit',
  sync: 'database',
  testing: 'unit',
  time: 'unit',
  webhook: 'unit',
}
/** Files that need more, or less, than the others of their folder. */
const projectOfFile: Record<string, Project> = {
  'adapters/next.test.ts': 'process',
  'demo.test.ts': 'process',
  'map/call-map-user.test.ts': 'database',
  'number-options.test.ts': 'database',
  'docs.test.ts': 'process',
  'security/flood.test.ts': 'process',
  'testing/fake-clerk/end-to-end.test.ts': 'database',
  'time/abort-listeners.test.ts': 'database',
}

const tests = readdirSync(fileURLToPath(new URL('./tests', import.meta.url)), { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.test.ts'))

function projectOf(file: string): Project {
  const folder = file.includes('/') ? (file.split('/')[0] as string) : '.'
  const project = projectOfFile[file] ?? projectOfFolder[folder]
  if (!project) throw new Error(`vitest.config.ts does not say which project runs tests/${file}.`)
  return project
}

const project = (name: Project) => ({
  extends: true as const,
  test: {
    name,
    include: tests.filter((file) => projectOf(file) === name).map((file) => `tests/${file}`),
    ...(name !== 'unit' && { globalSetup: './tests/support/global-setup.ts' }),
  },
})

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^clerk-mongo-sync$/, replacement: src('index.ts') },
      { find: /^clerk-mongo-sync\/(mongoose|testing)$/, replacement: src('$1/index.ts') },
      { find: /^clerk-mongo-sync\/(.+)$/, replacement: src('adapters/$1.ts') },
      // The same tests on the older mongoose: MONGOOSE=8 npm test
      ...(process.env.MONGOOSE === '8' ? [{ find: /^mongoose$/, replacement: 'mongoose8' }] : []),
    ],
  },
  test: {
    projects: [project('unit'), project('database'), project('process'), project('chaos')],
    // Half of the time is spent waiting for the server: a second worker pays on two cores as well.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // What the library's default logger prints, where a test provokes it.
    onConsoleLog: (log) => !log.startsWith('clerk-mongo-sync: '),
    // An ES module that imports mongoose itself: it gets that of the run.
    server: { deps: { inline: [/@nestjs\/mongoose/] } },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    env: { CLERK_SECRET_KEY: '', CLERK_API_URL: '', CLERK_WEBHOOK_SIGNING_SECRET: '', CLERK_WEBHOOK_SECRET: '' },
  },
})
