import { Types } from 'mongoose'
import { type History, playAtClerk } from './clerk'
import type { ClerkApiDouble } from './clerk-api'
import type { ChaosDatabase } from './database'
import { orderOf, toEach } from './delivery-order'
import { count, type Figures } from './figures'
import type { Fleet } from './fleet'
import { hookDivergences } from './hook-oracle'
import { changesSince, divergences, readStored } from './oracle'
import { applyDeletion, deletionTarget, type OtherProcessContext } from './other-process'
import type { Plot } from './plot'
import { type Stage, strike } from './strike'
import { collectionsOf, endpointsOf, type LibraryExports, type Setting } from './subject'
import { createSvix, type Svix } from './svix'
import { waitForHandlers } from './wait-for-handlers'

/** The environment of histories. */
export interface World extends Stage {
  fleet: Fleet<Setting>
  library: LibraryExports
  clerkApi: ClerkApiDouble
  figures: Figures
}

/** Runs one history and delivers its messages. Resolves to everything that is wrong afterwards. */
export async function runHistory(world: World, plot: Plot): Promise<string[]> {
  const { database, fleet, figures } = world
  const { setting } = plot
  const history = playAtClerk(plot.actions, plot.salt)
  world.clerkApi.users = history.live
  await database.heal()
  for (const wire of fleet.wires) wire.mend()
  const locals = await prepareCollections(database, plot)
  await fleet.prepare(setting)

  const svix = createSvix()
  const otherDeletions = await deliverWithMishaps(world, plot, history, svix)
  await waitForHandlers(world, svix)
  const endpoints = endpointsOf(setting)
  const readAll = () => Promise.all(endpoints.map((at) => readStored(database.connection, setting.schema, at)))
  const before = await readAll()
  const wrong = before.flatMap((found) => divergences(found, history, setting, locals))
  const firstAttempts = svix.attempts.length
  if (setting.drift) await changeAllUsers(database, setting)
  // All messages again, newest first and without faults: all are applied, so nothing may change.
  await svix.deliverAll(toEach(endpoints, history.messages.toReversed()), {
    concurrency: 4,
    send: (message, attempt) => fleet.send(attempt.id, message, attempt),
  })
  for (const [index, after] of (await readAll()).entries()) {
    wrong.push(...changesSince(before[index] ?? after, after))
    wrong.push(...divergences(after, history, setting, locals).map((what) => `after the replay, ${what}`))
  }
  const runs = await fleet.hookRuns()
  wrong.push(...hookDivergences(runs, history, setting, { svix, before: firstAttempts, otherDeletions }))
  const ended = runs.filter(({ part }) => part === 'ended')
  figures.histories++
  figures.events += history.messages.length
  figures.deliveries += svix.attempts.length
  figures.redeliveries += firstAttempts - orderOf(plot, history.messages, endpoints).length
  figures.otherProcesses += plot.otherProcesses.length
  figures.hookRuns += ended.length
  figures.hooked += new Set(ended.map(({ messageId }) => messageId)).size
  return wrong
}

/** Empties the collections and stores the local accounts. */
async function prepareCollections({ connection }: ChaosDatabase, { setting, localNames }: Plot) {
  const each = endpointsOf(setting).map((endpoint) => collectionsOf(setting.schema, endpoint))
  for (const name of new Set(each.flatMap((names) => Object.values(names)))) {
    await connection.collection(name).deleteMany({})
  }
  const locals = Array.from({ length: localNames }, (_, n) => ({
    username: `n${n}`,
    email: `local${n}@example.org`,
    authProvider: 'local',
    plan: 'old',
  }))
  const stored = locals.map((local) => ({ _id: new Types.ObjectId(), ...local }))
  for (const { users } of each) if (stored.length > 0) await connection.collection(users).insertMany(stored)
  return stored as Record<string, unknown>[]
}

/** Overwrites a value that Clerk owns, so that a redelivery looks like another event of the same version. */
async function changeAllUsers({ connection }: ChaosDatabase, setting: Setting): Promise<void> {
  for (const endpoint of endpointsOf(setting)) {
    const { users } = collectionsOf(setting.schema, endpoint)
    const alive = { clerkId: { $exists: true }, clerkDeletedAt: { $exists: false } }
    await connection.collection(users).updateMany(alive, { $set: { firstName: 'Drifted' } })
  }
}

/** @returns the deletions that other processes applied. */
async function deliverWithMishaps(world: World, plot: Plot, history: History, svix: Svix) {
  const order = orderOf(plot, history.messages, endpointsOf(plot.setting))
  const places = new Map(history.messages.map(({ id }, index) => [id, index]))
  const due = plot.mishaps.map((mishap) => ({ ...mishap, nth: Math.floor((mishap.at / 1000) * order.length) }))
  const scheduled = plot.otherProcesses.map((otherProcess) => ({
    ...otherProcess,
    nth: Math.floor((otherProcess.at / 1000) * order.length),
  }))
  const context: OtherProcessContext = {
    library: world.library,
    connection: world.database.connection,
    clerkApiUrl: world.clerkApi.url,
    setting: plot.setting,
    deleted: [...history.deleted.keys()],
  }
  const pending: Promise<void>[] = []
  const applied: { clerkId: string; at: number }[] = []
  await svix.deliverAll(order, {
    concurrency: plot.concurrency,
    send: (message, attempt) => world.fleet.send(attempt.id, message, attempt),
    behaviorOf: ({ id }, isFirst) =>
      isFirst ? (plot.hooks[(places.get(id) ?? 0) % plot.hooks.length] ?? 'well') : 'well',
    async before(attempt, nth) {
      for (const otherProcess of scheduled.filter((one) => one.nth === nth)) {
        const clerkId = deletionTarget(context, otherProcess)
        if (clerkId === undefined) continue
        applied.push({ clerkId, at: attempt.sentAt })
        pending.push(applyDeletion(context, otherProcess, clerkId))
      }
      for (const mishap of due.filter((one) => one.nth === nth)) {
        if (await strike(world, mishap, attempt, pending)) count(world.figures.faults, mishap.kind)
      }
    },
  })
  await Promise.all(pending)
  return applied
}
