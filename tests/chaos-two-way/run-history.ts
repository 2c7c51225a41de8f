import { setTimeout as sleep } from 'node:timers/promises'
import type { ChaosDatabase } from '../chaos/database'
import { actAtClerk, type ClerkSide, startClerk } from './at-clerk'
import type { Figures } from './figures'
import type { Lane, StageBefore } from './lane'
import { LocalLog } from './local-log'
import { writeLocally } from './local-writes'
import { divergences } from './oracle'
import { patiently } from './patiently'
import type { Plot } from './plot'
import { comeToRest } from './rest'
import { quarrel } from './rival'
import { type Shape, type ShapeName, shapes } from './shape'
import { laySlowWire } from './slow-wire'
import { strike } from './strike'
import { type AppModel, collectionsOf, type Setup } from './subject'
import { tally } from './tally'
import { timeline } from './timeline'

export interface TwoWayWorld {
  database: ChaosDatabase
  figures: Figures
  /** How long a history may take to come to rest, waits that double and whole seconds of Clerk's included. */
  patienceMs: number
  /** How long nothing may happen once all has come to rest. */
  watchMs: number
}

/** One history while it happens. */
export interface History extends StageBefore {
  world: TwoWayWorld
  lane: Lane
  plot: Plot
  side: ClerkSide
  log: LocalLog
  at: Setup
  shape: Shape
  /** Users of whom the app may have taken away what is Clerk's. */
  wiped: Set<string>
  /** Whether the app pushes by now. */
  isPushing: boolean
  /** Until when a backfill brought what messages tell as well: no hook runs for that. In Clerk's time. */
  broughtUntil: number
  /** Models of other databases that push to the same instance. */
  others: AppModel[]
  /** For what goes on while deeds are done: awaited at their end. */
  goOn(work: Promise<unknown>): void
}

/** Plays one history until nothing moves any more. Resolves to all that is wrong then. */
export async function runHistory(world: TwoWayWorld, lane: Lane, plot: Plot, shape: ShapeName): Promise<string[]> {
  const side = await startClerk(plot)
  // Of no consequence for what happens, only for when: it need not be the seed's.
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
    wiped: new Set(),
    isPushing: plot.switchOn === 0,
    broughtUntil: 0,
    log: new LocalLog(),
    others: [],
    goOn(work) {
      // One that fails now is told when it is awaited, not as a rejection that nobody handled.
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
    const unrest = await comeToRest(history)
    world.figures.longestToRest = Math.max(world.figures.longestToRest, performance.now() - ended)
    const wrong = [...unrest, ...(await divergences(history))]
    tally(history)
    if (wrong.length === 0 && plot.quarrels.length > 0) wrong.push(...(await quarrel(history)))
    const whose = side.ids.filter((id) => wrong.some((what) => what.includes(id)))
    return [...wrong, ...whose.map((id) => `\n${id}, and what happened to it:\n${timeline(history, id)}`)]
  } finally {
    for (const worker of workers) await worker.stop()
    await wire.close()
    await side.clerk.close()
  }
}

const startWorkers = async ({ lane, plot, at }: History) => {
  for (const worker of lane.workers.slice(0, plot.workers)) await worker.start(at)
}

/** The app begins to push, over users that it has had before, as docs/guides/push.md says: first a backfill. */
async function beginToPush(history: History): Promise<void> {
  Object.assign(history, await history.switchOn(), { isPushing: true })
  const backfill = async () => {
    await history.apps[0]?.backfill()
    history.broughtUntil = Date.now()
  }
  history.goOn(patiently(backfill))
  await startWorkers(history)
}

async function play(history: History): Promise<void> {
  const { plot, side, goOn } = history
  await signUpFirst(history)
  // Most have their documents by then; some are written to before they have.
  await sleep(60)
  for (const [index, deed] of plot.deeds.entries()) {
    if (index === plot.switchOn && !history.isPushing) await beginToPush(history)
    await sleep(deed.wait)
    const { models } = history
    if (deed.do === 'mishap') strike(history, deed.mishap)
    else if (deed.do === 'local') {
      const model = models[index % models.length] as StageBefore['models'][number]
      const written = writeLocally(history, model, deed, index)
      goOn(written)
      if (!deed.isHasty) await written
    } else actAtClerk(side, deed, index)
  }
}

/** Lets the first users sign up. Some have a document already, as another system left it. */
async function signUpFirst({ plot, side, shape, world, lane, at }: History): Promise<void> {
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
  await patiently(async () => {
    await users.deleteMany({})
    await users.insertMany(earlier.map((row) => ({ ...row })))
  })
  side.clerk.release()
}
