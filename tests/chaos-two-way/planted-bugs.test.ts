import { afterEach, describe, expect, it } from 'vitest'
import type { Edit } from '../chaos/edited'
import { type CheckOptions, check } from './check'
import { plantedBeneathRules, plantedBugs } from './plant'
import { clerkFails, disputed, stoppedDuringPush, writtenDuringPush } from './short-plots'
import { createWorld, type OpenWorld } from './world'

const modes = { faults: false, processes: false }
const LANES = 2
/** Histories, drawn from the seed or written by hand, that meet a bug soon. The others show in the first of the seed. */
const soonest: Record<string, Pick<CheckOptions, 'from' | 'plots'>> = {
  'a mark is cleared although the document changed since': { plots: Array(20).fill(writtenDuringPush) },
  'a temporary failure is given up': { plots: Array(20).fill(clerkFails) },
  'an event clears a pending push': { from: 1 },
  'a change at Clerk of an owned value stays': { from: 2 },
  'no database gives up if another one pushes another value': { plots: Array(4).fill(disputed) },
  'a push that is aborted by a stopping worker is given up': { plots: Array(20).fill(stoppedDuringPush) },
}

let world: OpenWorld | undefined
afterEach(() => world?.close())

async function divergences(edits: readonly Edit[], options: Omit<CheckOptions, keyof typeof modes | 'seed'>) {
  // Some bugs never finish their work, and all lanes wait for that.
  world = await createWorld({ ...modes, lanes: LANES, edits, patienceMs: 20_000 })
  return check(world, { seed: 20_261_124, ...options, ...modes })
}

describe('a planted bug is found', () => {
  const timeout = 480_000
  it.each(Object.entries(plantedBugs))('%s', { timeout }, async (name, edits) => {
    const found = await divergences(edits, { histories: 200, models: ['plain'], ...soonest[name] })
    expect(found).not.toEqual([])
  })

  it.each(Object.entries(plantedBeneathRules))('%s', { timeout }, async (_, edits) => {
    expect(await divergences(edits, { histories: 200, models: ['demanding'] })).not.toEqual([])
  })
})

it('the histories written by hand diverge with their bug only', { timeout: 120_000 }, async () => {
  const plots = [writtenDuringPush, clerkFails, disputed, stoppedDuringPush]
  expect(await divergences([], { histories: plots.length, models: ['plain'], plots })).toEqual([])
})
