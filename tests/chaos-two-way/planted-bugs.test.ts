import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Edit } from '../chaos/edited'
import { check } from './check'
import { plantedBeneathRules, plantedBugs } from './plant'
import type { ShapeName } from './shape'
import { createWorld, type OpenWorld } from './world'

const modes = { faults: false, processes: false }
// These bugs show in the first histories, and two lanes open faster than six.
const planted: [name: string, options: { edits: readonly Edit[]; lanes: number; model: ShapeName }][] = [
  ...Object.entries(plantedBugs).map(asCase({ lanes: 6, model: 'plain' })),
  ...Object.entries(plantedBeneathRules).map(asCase({ lanes: 2, model: 'demanding' })),
]

describe.each(planted)('%s', (_, { edits, lanes, model }) => {
  let world: OpenWorld
  beforeAll(async () => {
    // Some bugs never finish their work, and all lanes wait for that.
    world = await createWorld({ ...modes, lanes, edits, patienceMs: 20_000 })
  })
  afterAll(() => world?.close())

  it('is found within two hundred histories', { timeout: 480_000 }, async () => {
    expect(await check(world, { histories: 200, seed: 20_261_124, models: [model], ...modes })).not.toEqual([])
  })
})

function asCase(rest: { lanes: number; model: ShapeName }) {
  return ([name, edits]: [string, readonly Edit[]]): (typeof planted)[number] => [name, { edits, ...rest }]
}
