// All that CI runs, one step after the other; a step that fails does not keep the rest from running.
// The last line is "N passed, N failed": the tests of both runs, and each other step as one.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const STEP_TIMEOUT_MS = 30 * 60 * 1000
const scratch = mkdtempSync(join(tmpdir(), 'clerk-mongo-sync-check-'))
const failures = []
/** What failed within the tests, for the end. */
const failedTests = []
const total = { passed: 0, failed: 0 }

// First, as it also installs what the others need.
tests('tests, with mongoose 9', ['test', '--'])
// Those that start processes of their own find mongoose 9 there anyway.
const processes = ['package', 'kill-points', 'examples', 'chaos', 'chaos-two-way', 'cli'].flatMap((name) => [
  '--exclude',
  `tests/${name}/**`,
])
tests('tests, with mongoose 8', ['test', '--', ...processes], { MONGOOSE: '8' })
step('lint', ['run', 'lint'])
step('types, with mongoose 9 and 8', ['run', 'typecheck'])
step('build', ['run', 'build'])
step('licences of what is bundled', ['exec', '--', 'node', 'scripts/third-party-licenses.mjs', '--check'])
step('package (publint)', ['exec', '--', 'publint', '--strict'])
step('types of the package (attw)', ['exec', '--', 'attw', '--pack', '.', '--format', 'table-flipped'])
step('unused code (knip)', ['exec', '--', 'knip'])
step('size', ['exec', '--', 'size-limit'])

rmSync(scratch, { recursive: true, force: true })
// At the very end, where whoever sees only the last lines still finds it.
if (failures.length > 0) console.log(`\nFailed: ${failures.join('; ')}`)
for (const { name, message } of failedTests) console.log(`\n✗ ${name}\n${message}`)
process.exitCode = total.failed > 0 ? 1 : 0
console.log(`${total.passed} passed, ${total.failed} failed`)

function step(name, args) {
  const status = npm(name, args)
  count(name, status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 })
}

function tests(name, args, env) {
  const report = join(scratch, `${total.passed}.json`)
  const status = npm(name, [...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`], env)
  const counted = readReport(report)
  // What no test can be blamed for, an error outside of them or a crash, counts as one that failed.
  const isBlameless = status !== 0 && counted.failed === 0
  count(name, isBlameless || counted.passed === 0 ? { ...counted, failed: counted.failed + 1 } : counted)
}

function readReport(path) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(path, 'utf8'))
    const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
    failedTests.push(
      ...broken.map(({ name, message }) => ({ name: relative(root, name), message: beginning(message) })),
    )
    for (const file of testResults) {
      const failed = file.assertionResults.filter(({ status }) => status === 'failed')
      const named = failed.map(({ fullName, failureMessages }) => {
        return { name: `${relative(root, file.name)} > ${fullName}`, message: beginning(failureMessages.join('\n')) }
      })
      failedTests.push(...named)
    }
    return { passed: numPassedTests, failed: numFailedTests + broken.length }
  } catch {
    return { passed: 0, failed: 0 }
  }
}

const beginning = (text) => text.split('\n').slice(0, 15).join('\n')

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
