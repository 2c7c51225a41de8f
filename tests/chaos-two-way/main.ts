import { parseArgs } from 'node:util'
import { check } from './check'
import { summary } from './figures'
import { shapeNames } from './shape'
import { createWorld } from './world'

// npm run chaos:two-way -- [--histories N] [--faults] [--processes] [--seed S] [--path P] [--lanes N] [--bail N] [--model NAME] [--watch SECONDS] [--patience SECONDS]
const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    path: { type: 'string', default: '0' },
    lanes: { type: 'string', default: '8' },
    bail: { type: 'string', default: '1' },
    faults: { type: 'boolean', default: false },
    model: { type: 'string' },
    watch: { type: 'string', default: '1' },
    // Seconds for a history to finish its work; more on a busy machine.
    patience: { type: 'string', default: '60' },
    processes: { type: 'boolean', default: false },
  },
})
const { faults, processes } = values
const [histories, seed, from, bail] = [values.histories, values.seed, values.path, values.bail].map(Number) as [
  number,
  number,
  number,
  number,
]
const print = (text: string) => process.stdout.write(`${text}\n`)
const started = Date.now()
const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`

const flags = [faults && 'with faults', processes && 'with processes killed'].filter(Boolean)
print(['chaos over both directions:', `${histories} histories`, ...flags, `seed ${seed}`].join(' '))
const lanes = Math.min(histories, Number(values.lanes))
const [watchMs, patienceMs] = [values.watch, values.patience].map((seconds) => Number(seconds) * 1_000) as [
  number,
  number,
]
const world = await createWorld({ faults, processes, lanes, watchMs, patienceMs })
const onHistory = (done: number) => {
  if (done % 25 === 0) print(`${done} histories after ${elapsed()}`)
}
const models = shapeNames.filter((name) => values.model === undefined || name === values.model)
const failures = await check(world, { models, histories, seed, from, bail, faults, processes, onHistory })
print(`${summary(world.figures)} (${elapsed()})`)
for (const failure of failures) print(`\nDIVERGED\n${failure}`)
print(failures.length > 0 ? `\n${failures.length} diverged` : 'none diverged')
await world.close()
process.exit(failures.length > 0 ? 1 : 0)
