import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosDatabase } from '../chaos/database'
import { actAtClerk, type ClerkSide, startClerk } from './at-clerk'
import type { Figures } from './figures'
import type { Lane } from './lane'
import { LocalLog } from './local-log'
import { writeLocally } from './local-writes'
import { divergences } from './oracle'
import type { Plot } from './plot'
import { comeToRest } from './rest'
import { laySlowWire } from './slow-wire'
import { strike } from './strike'
import type { App, ClerkAt } from './subject'
import { tally } from './tally'
import { timeline } from './timeline'

export interface TwoWayWorld {
  database: ChaosDatabase
  figures: Figures
}

/** One history while it happens. */
export interface History {
  world: TwoWayWorld
  lane: Lane
  plot: Plot
  side: ClerkSide
  log: LocalLog
  apps: App[]
  /** Users and versions whose hook of `user.updated` has run. */
  hooks: { userId: string; version: number }[]
  at: ClerkAt
  /** For what goes on while deeds are done: awaited at their end. */
  goOn(work: Promise<unknown>): void
}

/** Plays one history until nothing moves any more. Resolves to all that is wrong then. */
export async function runHistory(world: TwoWayWorld, lane: Lane, plot: Plot): Promise<string[]> {
  const side = await startClerk(plot)
  // Of no consequence for what happens, only for when: it need not be the seed's.
  const wire = await laySlowWire(side.clerk.port, () => Math.random() * plot.latencyMs)
  const pending: Promise<unknown>[] = []
  const at = { apiUrl: wire.url, secretKey: side.clerk.secretKey, signingSecret: side.clerk.signingSecret }
  const history: History = {
    world,
    lane,
    plot,
    side,
    at,
    log: new LocalLog(),
    goOn(work) {
      // One that fails now is told when it is awaited, not as a rejection that nobody handled.
      work.catch(() => {})
      pending.push(work)
    },
    ...(await lane.prepare(at)),
  }
  side.clerk.deliverTo(lane.url)
  const workers = lane.workers.slice(0, plot.workers)
  try {
    for (const worker of workers) await worker.start(at)
    await play(history)
    await Promise.all(pending)
    const ended = performance.now()
    const unrest = await comeToRest(history)
    world.figures.longestToRest = Math.max(world.figures.longestToRest, performance.now() - ended)
    const wrong = [...unrest, ...(await divergences(history))]
    tally(history)
    const whose = side.ids.filter((id) => wrong.some((what) => what.includes(id)))
    return [...wrong, ...whose.map((id) => `\n${id}, and what happened to it:\n${timeline(history, id)}`)]
  } finally {
    for (const worker of workers) await worker.stop()
    await wire.close()
    await side.clerk.close()
  }
}

async function play(history: History): Promise<void> {
  const { plot, side, lane, log, goOn } = history
  for (let n = 0; n < plot.users; n++) actAtClerk(side, { do: 'signUp', has: n % 2 === 0 }, -1 - n)
  // Most have their documents by then; some are written to before they have.
  await sleep(60)
  for (const [index, deed] of plot.deeds.entries()) {
    await sleep(deed.wait)
    if (deed.do === 'mishap') strike(history, deed.mishap)
    else if (deed.do === 'local') {
      const model = lane.models[index % lane.models.length] as Lane['models'][number]
      const written = writeLocally(model, side, log, deed, index)
      goOn(written)
      if (!deed.isHasty) await written
    } else actAtClerk(side, deed, index)
  }
}
