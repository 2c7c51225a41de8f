import { afterEach, describe, expect, it } from 'vitest'
import type { Modes } from '../chaos/world'
import { check } from './check'
import { createWorld, type OpenWorld } from './world'

let world: OpenWorld | undefined
afterEach(() => world?.close())

const runs: [name: string, histories: number, modes: Modes][] = [
  ['whatever the order, however often and at once', 40, { faults: false, processes: false }],
  ['while wires break, commands fail and the database is killed', 4, { faults: true, processes: false }],
  ['while handlers are killed, each a process of its own', 6, { faults: false, processes: true }],
]

describe('MongoDB ends with the users, organizations and members that Clerk has, and every hook has run', () => {
  // A failure says which command plays it again.
  it.each(runs)('%s', { timeout: 300_000 }, async (_, histories, modes) => {
    world = await createWorld(modes)
    const diverged = await check(world, { histories, seed: 20_261_129, ...modes })
    if (diverged !== undefined) expect.fail(diverged)
    expect(world.figures.histories).toBeGreaterThanOrEqual(histories)
  })
})
