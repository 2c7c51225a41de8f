// Usage: npm run contract-table [-- report.json]. Writes into docs/reference/adapters.md which cases of the adapters' contract each
// adapter passed.
// Without a report of Vitest's json reporter it runs the tests first, which takes some minutes.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** A test that every adapter has, and no other suite: it says which suites are contracts. */
const everyAdapterHas = 'keeps 60 deliveries apart that arrive at once'

/** The columns, and the tests in them: the first that fits. A status in place of a count is where frameworks differ. */
const columns = [
  { name: 'exact bytes', holds: /^verifies the exact bytes/ },
  { name: 'without type', holds: /^answers (\d+) to a delivery without a content type$/ },
  { name: 'trailing slash', holds: /^answers (\d+) to the path with a slash/ },
  { name: 'over 1 MiB', holds: /^answers 413/ },
  {
    name: 'headers',
    holds: /^reads headers in any case|^accepts several signatures|^refuses a header that is sent twice/,
  },
  { name: 'forged', holds: /^answers 400 with/ },
  { name: 'methods', holds: /^answers (GET|PUT|PATCH|DELETE|HEAD|OPTIONS) / },
  { name: 'outcomes', holds: /^answers 200/ },
  { name: 'failures', holds: /^answers 50[03]/ },
  { name: '60 at once', holds: new RegExp(`^${everyAdapterHas}$`) },
  { name: 'connection', holds: /^keeps a connection usable|^survives a client/ },
]

const { testResults } = JSON.parse(readFileSync(process.argv[2] ?? runTests(), 'utf8'))
const tests = testResults.flatMap((file) => file.assertionResults)
const suites = [...groupBy(tests, ({ ancestorTitles }) => ancestorTitles.join(': '))]
const contracts = suites.filter(([, tests]) => tests.some(({ title }) => title === everyAdapterHas)).sort()

const header = ['adapter', ...columns.map(({ name }) => name)]
const rows = contracts.map(([name, tests]) => [name.replace(/^the adapter on /, ''), ...cells(name, tests)])
const table = [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`)
const all = contracts.flatMap(([, tests]) => tests)
const passed = all.filter(({ status }) => status === 'passed').length
const sum = `${passed} of ${all.length} tests passed, on ${contracts.length} servers.`
console.log(sum)

const page = join(root, 'docs/reference/adapters.md')
const [before, , after] = readFileSync(page, 'utf8').split(/<!-- (?:end of )?contract table -->/)
const written = ['<!-- contract table -->', ...table, '', sum, '<!-- end of contract table -->'].join('\n')
writeFileSync(page, before + written + after)
process.exitCode = passed === all.length && contracts.length > 0 ? 0 : 1

function cells(name, tests) {
  const of = groupBy(tests, ({ title }) => columns.find(({ holds }) => holds.test(title)))
  const [unknown] = of.get(undefined) ?? []
  if (unknown)
    throw new Error(`No column holds the test "${unknown.title}" of ${name}: add it to scripts/contract-table.mjs.`)
  return columns.map((column) => cell(column, of.get(column) ?? []))
}

function cell({ holds }, tests) {
  const passed = tests.filter(({ status }) => status === 'passed').length
  if (passed < tests.length || passed === 0) return `**${passed} of ${tests.length}**`
  const status = Number(holds.exec(tests[0].title)[1])
  return String(Number.isNaN(status) ? passed : status)
}

/** What `Map.groupBy` gives, which Node 20 does not have. */
function groupBy(items, keyOf) {
  const groups = new Map()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

function runTests() {
  const contract = /\b(adapterContract|installedContract|testInstalledExample|testNextAdapters)\(/
  const files = readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && contract.test(readFileSync(join(root, 'tests', file), 'utf8')))
    .map((file) => join('tests', file))
  const report = join(mkdtempSync(join(tmpdir(), 'contract-')), 'report.json')
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...files, '--reporter=json', `--outputFile=${report}`]
  spawnSync(process.execPath, vitest, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  return report
}
