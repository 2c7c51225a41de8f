import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { check } from './check'
import { plantedBugs } from './plant'
import { createWorld, type OpenWorld } from './world'

const modes = { faults: false, processes: false }

describe.each(Object.entries(plantedBugs))('%s', (_, edits) => {
  let world: OpenWorld
  beforeAll(async () => {
    world = await createWorld({ ...modes, lanes: 6, edits })
  })
  afterAll(() => world?.close())

  it('is caught within two hundred histories', { timeout: 480_000 }, async () => {
    expect(await check(world, { histories: 200, seed: 20_261_124, ...modes })).not.toEqual([])
  })
})
