import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { check } from './check'
import { plantedBeneathRules, plantedBugs } from './plant'
import type { ShapeName } from './shape'
import { createWorld, type OpenWorld } from './world'

const modes = { faults: false, processes: false }
// What is wrong beneath rules shows at once: two lanes are opened sooner than six.
const planted = [
  ...Object.entries(plantedBugs).map(([name, edits]) => ({ name, edits, lanes: 6, model: 'plain' as ShapeName })),
  ...Object.entries(plantedBeneathRules).map(([name, edits]) => ({
    name,
    edits,
    lanes: 2,
    model: 'demanding' as ShapeName,
  })),
]

describe.each(planted)('$name', ({ edits, lanes, model }) => {
  let world: OpenWorld
  beforeAll(async () => {
    world = await createWorld({ ...modes, lanes, edits })
  })
  afterAll(() => world?.close())

  it('is caught within two hundred histories', { timeout: 480_000 }, async () => {
    expect(await check(world, { histories: 200, seed: 20_261_124, models: [model], ...modes })).not.toEqual([])
  })
})
