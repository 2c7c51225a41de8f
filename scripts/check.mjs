// All that CI runs: tests, and the other steps in two lanes; a step that fails does not keep the rest from running.
// The last line is "N passed, N failed": the tests of both runs, and each other step as one.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPrograms } from './install-programs.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const STEP_TIMEOUT_MS = 25 * 60 * 1000
/** A run ends with it if its database server hangs: see tests/support/watchdog.ts. */
const SERVER_HUNG = 75
const scratch = mkdtempSync(join(tmpdir(), 'clerk-mongo-sync-check-'))
const failures = []
/** What failed in and around the tests, for the end. */
const failedTests = []
const total = { passed: 0, failed: 0 }

const project = (name) => ['--project', name]
/**
 * What the mongoose-8 run repeats: all that is made of mongoose's schemas, models, queries and errors, or of its driver.
 * The other tests use no mongoose, or reach it through the methods of a store, which these test; and the processes that
 * tests start find mongoose 9.
 */
const dependsOnMongoose = [
  'tests/mongoose/',
  'tests/apps/',
  'tests/diagnose/diagnose.test.ts',
  'tests/jobs/with-fake-clerk.test.ts',
  'tests/jobs/push/push.test.ts',
  'tests/security/injection.test.ts',
  'tests/security/linking.test.ts',
]
const onMongoose8 = [...['database', 'faults', 'long'].flatMap(project), ...dependsOnMongoose]

installPrograms()
// First, as it also installs what the others need. Each of these keeps two cores busy.
await tests('tests for every commit', ['test', '--'])
await Promise.all([
  lane([
    ['lint', ['run', 'lint']],
    ['types, with mongoose 9 and 8', ['run', 'typecheck']],
    ['documentation site', ['run', 'docs:build']],
  ]),
  // These read what the first one builds.
  lane([
    ['build', ['run', 'build']],
    ['licences of what is bundled', ['exec', '--', 'node', 'scripts/third-party-licenses.mjs', '--check']],
    ['package (publint)', ['exec', '--', 'publint', '--strict']],
    ['types of the package (attw)', ['exec', '--', 'attw', '--pack', '.', '--format', 'table-flipped']],
    ['size', ['exec', '--', 'size-limit']],
    ['unused code (knip)', ['exec', '--', 'knip']],
  ]),
])
// The package that some of these install is the one just built: to build it again takes half a minute of a core.
const built = failures.includes('build') ? {} : { BUILT_PACKAGE: join(root, 'dist') }
await tests('the longer tests', ['run', 'test:all', '--', ...['long', 'process', 'chaos'].flatMap(project)], built)
await tests('tests on mongoose 8', ['run', 'test:all', '--', ...onMongoose8], { MONGOOSE: '8' })

rmSync(scratch, { recursive: true, force: true })
// At the very end, where whoever sees only the last lines still finds it.
if (failures.length > 0) console.log(`\nFailed: ${failures.join('; ')}`)
for (const { name, message } of failedTests) console.log(`\n✗ ${name}\n${beginning(message)}`)
process.exitCode = total.failed > 0 ? 1 : 0
console.log(`${total.passed} passed, ${total.failed} failed`)

/** Runs steps one after the other, and prints what each printed when it has ended. */
async function lane(steps) {
  for (const [name, args] of steps) {
    const { status, printed } = await npm(args, { stdio: ['ignore', 'pipe', 'pipe'] })
    console.log(`\n── ${name} ──\n${printed}`)
    count(name, status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 })
  }
}

/** Runs tests; again, at most twice, if it was the database server that hung, which says nothing about the tests. */
async function tests(name, args, env, attempt = 1) {
  console.log(`\n── ${name} ──`)
  const file = join(scratch, `${total.passed}.json`)
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/tally-reporter.mjs')}`]
  const { status } = await npm([...args, ...reporters], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env, TALLY_FILE: file },
  })
  if (status === SERVER_HUNG && attempt < 3) return tests(name, args, env, attempt + 1)
  const { passed, failures: found, running } = readTally(file)
  failedTests.push(...found)
  // A run that ends badly without saying why, or that tests nothing, counts as one that failed.
  const isSilent = found.length === 0 && (status !== 0 || passed === 0)
  const during = running.length > 0 ? `, during:\n${running.join('\n')}` : ''
  if (isSilent) failedTests.push({ name, message: `ended with ${status}, and with no test that failed${during}` })
  count(name, { passed, failed: isSilent ? 1 : found.length })
}

function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { passed: 0, failures: [], running: [] }
  }
}

function beginning(text) {
  return text.split('\n').slice(0, 40).join('\n')
}

function npm(args, options) {
  const child = spawn('npm', args, {
    cwd: root,
    timeout: STEP_TIMEOUT_MS,
    shell: process.platform === 'win32',
    ...options,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (printed += text))
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ status: 1, printed: `npm could not be started: ${message}` }))
    child.once('close', (status) => resolve({ status: status ?? 1, printed }))
  })
}

function count(name, { passed, failed }) {
  total.passed += passed
  total.failed += failed
  if (failed > 0) failures.push(name)
}
