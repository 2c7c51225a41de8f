import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosDatabase } from '../chaos/database'
import { actAtClerk, type ClerkSide, startClerk } from './at-clerk'
import { runDisputes } from './disputes'
import type { Figures } from './figures'
import type { Lane, StageBefore } from './lane'
import { LocalLog } from './local-log'
import { writeLocally } from './local-writes'
import { divergences } from './oracle'
import type { Plot } from './plot'
import { endFaultsAndWait } from './rest'
import { retryUntilDone } from './retry-until-done'
import { type Shape, type ShapeName, shapes } from './shape'
import { laySlowWire } from './slow-wire'
import { strike } from './strike'
import { type AppModel, collectionsOf, type Setup } from './subject'
import { tally } from './tally'
import { timeline } from './timeline'

export interface TwoWayWorld {
  database: ChaosDatabase
  figures: Figures
  /** Maximum time in milliseconds for a history to finish its work, including backoff and Retry-After. */
  patienceMs: number
  /** Time in milliseconds without any activity after all work is done. */
  watchMs: number
}

/** A history while it runs. */
export interface History extends StageBefore {
  world: TwoWayWorld
  lane: Lane
  plot: Plot
  side: ClerkSide
  log: LocalLog
  at: Setup
  shape: Shape
  /** Users of whom the app may have removed values that Clerk owns. */
  clearedIds: Set<string>
  /** Whether the app pushes already. */
  isPushing: boolean
  /** Time of the last backfill; it stores changes of messages, for which no hook runs then. */
  backfilledUntil: number
  /** Models in other databases that push to the same instance. */
  others: AppModel[]
  /** Registers work that runs beside the actions and is awaited at their end. */
  track(work: Promise<unknown>): void
}

/** Runs one history until no work is left. Resolves to everything that is wrong. */
export async function runHistory(world: TwoWayWorld, lane: Lane, plot: Plot, shape: ShapeName): Promise<string[]> {
  const side = await startClerk(plot)
  // Affects timing only, so it is not drawn from the seed.
  const wire = await laySlowWire(side.clerk.port, () => Math.random() * plot.latencyMs)
  const pending: Promise<unknown>[] = []
  const { secretKey, signingSecret } = side.clerk
  const at: Setup = { apiUrl: wire.url, secretKey, signingSecret, shape }
  const history: History = {
    world,
    lane,
    plot,
    side,
    at,
    shape: shapes[shape],
    clearedIds: new Set(),
    isPushing: plot.switchOn === 0,
    backfilledUntil: 0,
    log: new LocalLog(),
    others: [],
    track(work) {
      // A failure is reported when it is awaited, not as an unhandled rejection.
      work.catch(() => {})
      pending.push(work)
    },
    ...(await lane.prepare(at, plot.switchOn === 0)),
  }
  side.clerk.deliverTo(lane.url)
  const workers = lane.workers.slice(0, plot.workers)
  try {
    if (history.isPushing) await startWorkers(history)
    await play(history)
    await Promise.all(pending)
    const ended = performance.now()
    const activity = await endFaultsAndWait(history)
    world.figures.longestToIdle = Math.max(world.figures.longestToIdle, performance.now() - ended)
    const wrong = [...activity, ...(await divergences(history))]
    tally(history)
    if (wrong.length === 0 && plot.disputes.length > 0) wrong.push(...(await runDisputes(history)))
    const affected = side.ids.filter((id) => wrong.some((what) => what.includes(id)))
    return [...wrong, ...affected.map((id) => `\n${id}, with its timeline:\n${timeline(history, id)}`)]
  } finally {
    for (const worker of workers) await worker.stop()
    await wire.close()
    await side.clerk.close()
  }
}

const startWorkers = async ({ lane, plot, at }: History) => {
  for (const worker of lane.workers.slice(0, plot.workers)) await worker.start(at)
}

/** Switches push on for existing users as docs/guides/push.md says: first a backfill. */
async function startPushing(history: History): Promise<void> {
  Object.assign(history, await history.switchOn(), { isPushing: true })
  const backfill = async () => {
    await history.apps[0]?.backfill()
    history.backfilledUntil = Date.now()
  }
  history.track(retryUntilDone(backfill))
  await startWorkers(history)
}

async function play(history: History): Promise<void> {
  const { plot, side, track } = history
  await signUpFirstUsers(history)
  // Most users have a document then; some are written before they have one.
  await sleep(60)
  for (const [index, action] of plot.actions.entries()) {
    if (index === plot.switchOn && !history.isPushing) await startPushing(history)
    await sleep(action.wait)
    const { models } = history
    if (action.do === 'mishap') strike(history, action.mishap)
    else if (action.do === 'local') {
      const model = models[index % models.length] as StageBefore['models'][number]
      const written = writeLocally(history, model, action, index)
      track(written)
      if (!action.isConcurrent) await written
    } else actAtClerk(side, action, index)
  }
}

/** Signs the first users up. Some have a document already, left by another system. */
async function signUpFirstUsers({ plot, side, shape, world, lane, at }: History): Promise<void> {
  const earlier: object[] = []
  for (let n = 0; n < plot.users; n++) {
    side.isHolding = shape.hasEarlierRows && n % 2 === 0
    actAtClerk(side, { do: 'signUp', has: n % 2 === 0 }, -1 - n)
    const clerkId = side.ids.at(-1) ?? ''
    if (side.isHolding) earlier.push({ clerkId, email: side.last.get(clerkId)?.email, name: null })
  }
  side.isHolding = false
  if (earlier.length === 0) return
  const users = world.database.connection.collection(collectionsOf(lane.number, at.shape).users)
  await retryUntilDone(async () => {
    await users.deleteMany({})
    await users.insertMany(earlier.map((row) => ({ ...row })))
  })
  side.clerk.release()
}
