import { afterEach, describe, expect, it } from 'vitest'
import { check } from './check'
import { createWorld, type Modes, type OpenWorld } from './world'

let world: OpenWorld | undefined
afterEach(() => world?.close())

const runs: [name: string, histories: number, modes: Modes][] = [
  ['whatever Clerk’s API answers, and in whatever order events come', 15, { faults: false, processes: false }],
  ['while workers, wires and the database are killed', 6, { faults: true, processes: true }],
]

describe('both sides end equal: owned values as the app wrote them last, all others as Clerk has them', () => {
  // A failure prints the command that replays it.
  it.each(runs)('%s', { timeout: 300_000 }, async (_, histories, modes) => {
    world = await createWorld({ ...modes, lanes: 5 })
    const diverged = await check(world, { histories, seed: 20_261_124, ...modes })
    if (diverged.length > 0) expect.fail(diverged.join('\n\n'))
    expect(world.figures.histories).toBe(histories)
    expect(world.figures.limited).toBe(0)
  })
})
