// All that CI runs, one step after the other; a step that fails does not keep the rest from running.
// The last line is "N passed, N failed": the tests of both runs, and each other step as one.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const STEP_TIMEOUT_MS = 60 * 60 * 1000
const scratch = mkdtempSync(join(tmpdir(), 'clerk-mongo-sync-check-'))
const failures = []
/** What failed in and around the tests, for the end. */
const failedTests = []
const total = { passed: 0, failed: 0 }

// First, as it also installs what the others need.
const project = (name) => ['--project', name]
tests('tests for every commit', ['test', '--'])
tests('the longer tests', ['run', 'test:all', '--', ...['long', 'process', 'chaos'].flatMap(project)])
// The others do not touch mongoose, or find mongoose 9 in the processes that they start.
tests('tests on mongoose 8', ['run', 'test:all', '--', ...['database', 'faults', 'long'].flatMap(project)], {
  MONGOOSE: '8',
})
step('lint', ['run', 'lint'])
step('types, with mongoose 9 and 8', ['run', 'typecheck'])
step('build', ['run', 'build'])
step('licences of what is bundled', ['exec', '--', 'node', 'scripts/third-party-licenses.mjs', '--check'])
step('package (publint)', ['exec', '--', 'publint', '--strict'])
step('types of the package (attw)', ['exec', '--', 'attw', '--pack', '.', '--format', 'table-flipped'])
step('unused code (knip)', ['exec', '--', 'knip'])
step('size', ['exec', '--', 'size-limit'])
step('documentation site', ['run', 'docs:build'])

rmSync(scratch, { recursive: true, force: true })
// At the very end, where whoever sees only the last lines still finds it.
if (failures.length > 0) console.log(`\nFailed: ${failures.join('; ')}`)
for (const { name, message } of failedTests) console.log(`\n✗ ${name}\n${beginning(message)}`)
process.exitCode = total.failed > 0 ? 1 : 0
console.log(`${total.passed} passed, ${total.failed} failed`)

function step(name, args) {
  const status = npm(name, args)
  count(name, status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 })
}

function tests(name, args, env) {
  const file = join(scratch, `${total.passed}.json`)
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/tally-reporter.mjs')}`]
  const status = npm(name, [...args, ...reporters], { ...env, TALLY_FILE: file })
  const { passed, failures: found } = readTally(file)
  failedTests.push(...found)
  // A run that ends badly without saying why, or that tests nothing, counts as one that failed.
  const isSilent = found.length === 0 && (status !== 0 || passed === 0)
  if (isSilent) failedTests.push({ name, message: `ended with ${status}, and with no test that failed` })
  count(name, { passed, failed: isSilent ? 1 : found.length })
}

function readTally(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { passed: 0, failures: [] }
  }
}

function beginning(text) {
  return text.split('\n').slice(0, 40).join('\n')
}

function npm(name, args, env = {}) {
  console.log(`\n── ${name} ──`)
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], timeout: STEP_TIMEOUT_MS }
  const result = spawnSync('npm', args, {
    ...options,
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  })
  if (result.error) console.log(`${name}: ${result.error.message}`)
  return result.status ?? 1
}

function count(name, { passed, failed }) {
  total.passed += passed
  total.failed += failed
  if (failed > 0) failures.push(name)
}
