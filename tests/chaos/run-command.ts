import { parseArgs } from 'node:util'
import type { CheckOptions } from './check-histories'
import { type Figures, summary } from './figures'
import type { Modes } from './world'

interface CommandWorld {
  figures: Figures
  close(): Promise<void>
}

/** Runs `npm run <script> -- [--histories N] [--faults] [--processes] [--seed S] [--path P]`, and ends the process. */
export async function runCommand<World extends CommandWorld>(
  script: string,
  createWorld: (modes: Modes) => Promise<World>,
  check: (world: World, options: CheckOptions) => Promise<string | undefined>,
): Promise<never> {
  const { values } = parseArgs({
    options: {
      histories: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      path: { type: 'string' },
      faults: { type: 'boolean', default: false },
      processes: { type: 'boolean', default: false },
    },
  })
  const { faults, processes, path } = values
  const [histories, seed] = [Number(values.histories), Number(values.seed)]
  const print = (text: string) => process.stdout.write(`${text}\n`)
  const started = Date.now()
  const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`

  const flags = [faults && 'with faults', processes && 'with processes killed'].filter(Boolean)
  print([`${script}:`, `${histories} histories`, ...flags, `seed ${seed}`].join(' '))
  const world = await createWorld({ faults, processes })
  const onHistory = () => {
    const done = world.figures.histories
    if (done % 50 === 0) print(`${done} histories after ${elapsed()}`)
  }
  const divergence = await check(world, { histories, seed, path, faults, processes, onHistory })
  print(`${summary(world.figures)} (${elapsed()})`)
  print(divergence ? `\nDIVERGED\n${divergence}` : 'none diverged')
  await world.close()
  process.exit(divergence ? 1 : 0)
}
