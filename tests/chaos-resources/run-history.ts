import type { Message } from '../chaos/clerk'
import { orderOf, toEach } from '../chaos/delivery-order'
import { count, type Figures } from '../chaos/figures'
import type { Fleet } from '../chaos/fleet'
import { type Stage, strike } from '../chaos/strike'
import type { LibraryExports } from '../chaos/subject'
import { type Attempt, createSvix, type Svix } from '../chaos/svix'
import { waitForHandlers } from '../chaos/wait-for-handlers'
import { type History, playAtClerk } from './clerk'
import { hookDivergences } from './hook-oracle'
import { changesSince, divergences, readStored } from './oracle'
import type { Plot } from './plot'
import { roleDivergences } from './role-oracle'
import { collectionsOf, modelsOf, type Setting } from './subject'

/** The environment of histories. */
export interface World extends Stage {
  fleet: Fleet<Setting>
  library: LibraryExports
  figures: Figures
}

/** Runs one history and delivers its messages. Resolves to everything that is wrong afterwards. */
export async function runHistory(world: World, plot: Plot): Promise<string[]> {
  const { database, fleet, figures } = world
  const { setting } = plot
  const { connection } = database
  const history = playAtClerk(plot.actions, plot.salt, plot.ways)
  await database.heal()
  for (const wire of fleet.wires) wire.mend()
  for (const name of Object.values(collectionsOf(setting))) await connection.collection(name).deleteMany({})
  await fleet.prepare(setting)

  const svix = createSvix()
  const order = orderOf(plot, history.messages, [0])
  await deliverWithMishaps(world, plot, history, svix, order)
  await waitForHandlers(world, svix)
  const judge = async () => {
    const found = await readStored(connection, setting)
    const models = modelsOf(world.library, connection, setting)
    return { found, wrong: [...divergences(found, history, setting), ...(await roleDivergences(models, history))] }
  }
  const before = await judge()
  const wrong = [...before.wrong]
  const firstAttempts = svix.attempts.length
  // All messages again, newest first and without faults: all are applied, so nothing may change.
  await svix.deliverAll(toEach([0], history.messages.toReversed()), {
    concurrency: 4,
    send: (message, attempt) => fleet.send(attempt.id, message, attempt),
  })
  const after = await judge()
  wrong.push(...changesSince(before.found, after.found), ...after.wrong.map((what) => `after the replay, ${what}`))
  const runs = await fleet.hookRuns()
  wrong.push(...hookDivergences(runs, history, setting, svix.attempts.slice(0, firstAttempts)))
  const ended = runs.filter(({ part }) => part === 'ended')
  figures.histories++
  figures.events += history.messages.length
  figures.deliveries += svix.attempts.length
  figures.redeliveries += firstAttempts - order.length
  figures.hookRuns += ended.length
  figures.hooked += new Set(ended.map(({ messageId }) => messageId)).size
  return wrong
}

async function deliverWithMishaps(world: World, plot: Plot, history: History, svix: Svix, order: Message[]) {
  const { fleet, figures } = world
  const places = new Map(history.messages.map(({ id }, index) => [id, index]))
  const at = <T>(list: readonly T[], id: string) => list[(places.get(id) ?? 0) % list.length] as T
  const due = plot.mishaps.map((mishap) => ({ ...mishap, nth: Math.floor((mishap.at / 1000) * order.length) }))
  const pending: Promise<void>[] = []
  const isFirst = ({ id, messageId }: Attempt) =>
    !svix.attempts.some((one) => one.messageId === messageId && one.id < id)
  await svix.deliverAll(order, {
    concurrency: plot.concurrency,
    async send(message, attempt) {
      const loss = isFirst(attempt) ? at(plot.losses, message.id) : 'none'
      if (loss !== 'none') count(figures.faults, loss)
      if (loss === 'lost') throw new Error('the request was lost')
      const answer = await fleet.send(attempt.id, message, attempt)
      if (loss === 'unanswered') throw new Error('the answer was lost')
      return answer
    },
    behaviorOf: ({ id }, isFirstOfMessage) => (isFirstOfMessage ? at(plot.hooks, id) : 'well'),
    async before(attempt, nth) {
      for (const mishap of due.filter((one) => one.nth === nth)) {
        if (await strike(world, mishap, attempt, pending)) count(figures.faults, mishap.kind)
      }
    },
  })
  await Promise.all(pending)
}
