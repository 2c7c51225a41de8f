import { readFileSync, writeFileSync } from 'node:fs'
import { benchDelivery } from './delivery/bench-delivery'
import { benchVerification } from './verification/bench-verification'

/** A figure that does not depend on the machine, and the largest one that is accepted. */
interface Stored {
  measured: number
  atMost: number
}

const file = new URL('ratios.json', import.meta.url)
/** How much worse than stored a ratio of times may be: the machines of CI are shared. */
const TOLERANCE = 1.4
/** With one in flight each delivery sends its own commands; with several it depends on which ones meet. */
const TOLERANCE_OF_COMMANDS = { alone: 1.05, together: 2 }

/** A line of the table. */
export interface Checked extends Stored {
  figure: string
  now: number
  isWorse: boolean
}

/**
 * Measures on the stub server, and compares ratios with those of bench/ratios.json. A figure that is stored and no longer
 * measured, or measured and not stored, counts as worse.
 */
export async function check(rounds: number): Promise<Checked[]> {
  const stored: Record<string, Stored> = JSON.parse(readFileSync(file, 'utf8'))
  const now = await measure(rounds)
  const names = new Set([...Object.keys(stored), ...now.keys()])
  return [...names].map((figure) => {
    const { measured = Number.NaN, atMost = Number.NaN } = stored[figure] ?? {}
    const value = now.get(figure) ?? Number.NaN
    return { figure, measured, atMost, now: rounded(value), isWorse: !(value <= atMost) }
  })
}

/** Measures, and stores the ratios for later checks. */
export async function store(rounds: number): Promise<Record<string, Stored>> {
  const entries = [...(await measure(rounds))].map(([figure, value]) => {
    return [figure, { measured: rounded(value), atMost: rounded(value * toleranceOf(figure)) }]
  })
  const ratios = Object.fromEntries(entries)
  writeFileSync(file, `${JSON.stringify(ratios, null, 2)}\n`)
  return ratios
}

async function measure(rounds: number): Promise<Map<string, number>> {
  const deliveries = await benchDelivery({
    isStub: true,
    via: 'fetch',
    subjects: ['ours', 'raw', 'lean'],
    phases: ['created', 'updated', 'mixed', 'forged'],
    inFlight: [1, 8, 64],
    users: 300,
    rounds,
  })
  const verifications = await benchVerification({ rounds, bytes: 2_000_000 })
  const figures = new Map<string, number>()
  const own = deliveries.filter(({ subject }) => subject === 'ours')
  for (const { phase, inFlight, commands, cpu, cpuOfRaw, speedOfLean } of own) {
    if (phase === 'forged') {
      const honest = own.find((one) => one.phase === 'updated' && one.inFlight === inFlight)
      figures.set(`forged, ${inFlight} in flight: CPU of updated`, cpu.median / (honest?.cpu.median ?? Number.NaN))
      continue
    }
    figures.set(`${phase}, ${inFlight} in flight: CPU of the raw driver`, cpuOfRaw?.median ?? Number.NaN)
    figures.set(`${phase}, ${inFlight} in flight: time of lean`, 1 / (speedOfLean?.median ?? Number.NaN))
    figures.set(`${phase}, ${inFlight} in flight: commands`, commands)
  }
  for (const { verifier, size, isForged, cpuOfSvix } of verifications) {
    if (verifier !== 'ours') continue
    figures.set(`verification, ${isForged ? 'forged' : 'honest'}, ${size} bytes: CPU of svix`, cpuOfSvix.median)
  }
  return figures
}

function toleranceOf(figure: string): number {
  if (!figure.endsWith('commands')) return TOLERANCE
  return figure.includes(' 1 in flight') ? TOLERANCE_OF_COMMANDS.alone : TOLERANCE_OF_COMMANDS.together
}

const rounded = (value: number) => Math.round(value * 100) / 100
