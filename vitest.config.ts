import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const projects = ['unit', 'database', 'faults', 'long', 'process', 'chaos'] as const
type Project = (typeof projects)[number]

/**
 * What the tests of a folder need:
 * - `unit`: nothing,
 * - `database`: a server that speaks MongoDB's protocol,
 * - `faults`: the same server, and nobody else on it, as they make it fail,
 * - `long`: the server for half a minute and more, for schemas of whole apps, for thousands of users and for waits,
 * - `process`: processes of their own: the command line, packed tarballs, builds of frameworks,
 * - `chaos`: minutes, for random histories and kill points.
 *
 * `npm test` runs the first three.
 */
const projectOfFolder: Record<string, Project> = {
  '.': 'unit',
  adapters: 'database',
  apps: 'long',
  bench: 'database',
  chaos: 'chaos',
  'chaos-resources': 'chaos',
  'chaos-two-way': 'chaos',
  cli: 'process',
  'clerk-api': 'unit',
  'current-user': 'database',
  dashboard: 'database',
  diagnose: 'database',
  events: 'unit',
  examples: 'process',
  hooks: 'unit',
  jobs: 'database',
  live: 'database',
  'kill-points': 'chaos',
  map: 'unit',
  mongoose: 'database',
  monitor: 'database',
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
  'adapters/other-versions.test.ts': 'process',
  'bench/statistics.test.ts': 'unit',
  'current-user/session.test.ts': 'unit',
  'demo.test.ts': 'process',
  'diagnose/diagnose.test.ts': 'faults',
  'jobs/lagging-reads.test.ts': 'long',
  'jobs/push/contested.test.ts': 'long',
  'jobs/push/failures.test.ts': 'long',
  'jobs/push/loop.test.ts': 'long',
  'jobs/push/push.test.ts': 'long',
  'jobs/push/register.test.ts': 'long',
  'jobs/push/worker.test.ts': 'long',
  'jobs/thousands.test.ts': 'long',
  'jobs/with-fake-clerk.test.ts': 'long',
  'map/call-map-user.test.ts': 'database',
  'monitor/delivery-period.test.ts': 'unit',
  'monitor/judge-status.test.ts': 'unit',
  'monitor/alerts/healthy-histories.test.ts': 'long',
  'monitor/alerts/pushes.test.ts': 'unit',
  'monitor/alerts/senders.test.ts': 'unit',
  'mongoose/host-rules/error-middleware.test.ts': 'faults',
  'mongoose/host-rules/server-refusals.test.ts': 'faults',
  'mongoose/bulk/election.test.ts': 'faults',
  'mongoose/write/outage.test.ts': 'long',
  'mongoose/push/claims.test.ts': 'faults',
  'number-options.test.ts': 'database',
  'docs.test.ts': 'process',
  'docs-other-events.test.ts': 'process',
  'security/flood.test.ts': 'process',
  'testing/fake-clerk/end-to-end.test.ts': 'database',
  'time/abort-listeners.test.ts': 'database',
  'webhook/verify/differential.test.ts': 'long',
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

/** Those whose files share a worker's process and what it has imported. */
const sharing: readonly Project[] = ['database', 'unit', 'faults', 'long']

const project = (name: Project) => ({
  extends: true as const,
  test: {
    name,
    include: tests.filter((file) => projectOf(file) === name).map((file) => `tests/${file}`),
    ...(name !== 'unit' && { globalSetup: './tests/support/global-setup.ts' }),
    // To import mongoose and the library for each file took a third of a run.
    ...(sharing.includes(name) && { isolate: false, setupFiles: './tests/support/leaves-nothing.ts' }),
    // Compilers and package managers have their pace, and less of it beside other tests.
    ...(name === 'process' && { testTimeout: 120_000 }),
    // A fail point hits every connection of the one server.
    ...(name === 'faults' && { maxWorkers: 1, sequence: { groupOrder: 1 } }),
    // Together, so that compilers use the time in which the others wait: for leases, pauses and latency.
    ...((name === 'long' || name === 'process' || name === 'chaos') && {
      maxWorkers: Math.max(4, 2 * availableParallelism()),
      sequence: { groupOrder: 2 },
    }),
  },
})

/** The seconds that a file took, by its path in tests. scripts/test-durations.mjs writes them. */
const slowness: Partial<Record<string, number>> = JSON.parse(
  readFileSync(fileURLToPath(new URL('./tests/durations.json', import.meta.url)), 'utf8'),
)
const slow = ({ moduleId }: TestSpecification) => slowness[moduleId.split('/tests/').pop() ?? ''] ?? 1

/** The slowest files first, because the other workers have nothing left to do beside one that starts last. */
class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = files.toSorted((a, b) => slow(b) - slow(a))
    const of = (name: Project) => sorted.filter(({ project }) => project.name === name)
    // A shared worker can only go on with the next file if that is of the same project.
    return [...inProportion(of('chaos'), of('process')), ...sharing.flatMap(of)]
  }
}

/** Merges lists so that about the same share of each has started at any time: chaos mostly waits, and compilers never do. */
function inProportion(...lists: TestSpecification[][]): TestSpecification[] {
  const placed = lists.flatMap((list) => {
    const total = list.reduce((sum, file) => sum + slow(file), 0)
    let before = 0
    return list.map((file) => {
      const share = before / total
      before += slow(file)
      return { file, share }
    })
  })
  return placed.sort((a, b) => a.share - b.share).map(({ file }) => file)
}

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^clerk-mongo-sync$/, replacement: src('index.ts') },
      {
        find: /^clerk-mongo-sync\/(dashboard|mongoose|monitor|opentelemetry|testing)$/,
        replacement: src('$1/index.ts'),
      },
      { find: /^clerk-mongo-sync\/(.+)$/, replacement: src('adapters/$1.ts') },
      // The same tests on the older mongoose: MONGOOSE=8 npm test
      ...(process.env.MONGOOSE === '8' ? [{ find: /^mongoose$/, replacement: 'mongoose8' }] : []),
    ],
  },
  test: {
    projects: projects.map(project),
    sequence: { sequencer: SlowestFirst },
    // Most of the time is spent waiting, for the server or for time to pass: four workers pay on two cores as well.
    maxWorkers: Math.max(4, availableParallelism()),
    // What the library's default logger prints, where a test provokes it.
    onConsoleLog: (log) => !log.startsWith('clerk-mongo-sync: '),
    // An ES module that imports mongoose itself: it gets that of the run.
    server: { deps: { inline: [/@nestjs\/mongoose/] } },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    env: {
      ...{ CLERK_SECRET_KEY: '', CLERK_API_URL: '', CLERK_WEBHOOK_SIGNING_SECRET: '', CLERK_WEBHOOK_SECRET: '' },
      CLERK_TELEMETRY_DISABLED: '1',
    },
  },
})
