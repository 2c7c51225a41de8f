import { parseArgs } from 'node:util'
import { type Phase, phases } from './delivery/deliveries'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    phase: { type: 'string', multiple: true },
    handler: { type: 'string', multiple: true },
    'in-flight': { type: 'string', multiple: true },
    processes: { type: 'string', multiple: true },
    stored: { type: 'string', multiple: true },
    entries: { type: 'string', multiple: true },
    users: { type: 'string', multiple: true },
    organizations: { type: 'string' },
    memberships: { type: 'string' },
    rounds: { type: 'string' },
    heap: { type: 'string' },
    http: { type: 'boolean', default: false },
    stub: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    store: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    svg: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

/** The command line as given. */
export const given = values
/** Names of the measurements. */
export const wanted = positionals

/** A number that was given, or the standard one. @throws {Error} if it is none. */
export function numberOf(name: 'organizations' | 'memberships' | 'rounds' | 'heap', standard: number): number {
  return toNumber(values[name] ?? standard)
}

/** The numbers that were given, or the standard ones. @throws {Error} if one is none. */
export function numbersOf(
  name: 'users' | 'in-flight' | 'processes' | 'stored' | 'entries',
  standard: readonly number[],
): number[] {
  return (values[name] ?? standard).map(toNumber)
}

function toNumber(value: string | number): number {
  const number = Number(value)
  if (!(number >= 0)) throw new Error(`${value} is not a number.`)
  return number
}

/** The phases that were given, or all. @throws {Error} if there is no such phase. */
export function phasesOf(): Phase[] {
  const unknown = values.phase?.find((phase) => !phases.some((one) => one === phase))
  if (unknown !== undefined) throw new Error(`No phase is called ${unknown}. There are: ${phases.join(', ')}`)
  return (values.phase as Phase[] | undefined) ?? [...phases]
}
