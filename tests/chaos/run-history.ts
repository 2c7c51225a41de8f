import { setTimeout as sleep } from 'node:timers/promises'
import { Types } from 'mongoose'
import { type History, type Message, playAtClerk, type Told } from './clerk'
import type { ClerkApiDouble } from './clerk-api'
import type { ChaosDatabase } from './database'
import { count, type Figures } from './figures'
import type { Fleet } from './fleet'
import { hookDivergences } from './hook-oracle'
import { changesSince, divergences, look } from './oracle'
import type { Plot } from './plot'
import { type Ground, visit, visitedBy } from './strangers'
import { strike } from './strike'
import { collectionsOf, endpointsOf, type LibraryExports, type Setting } from './subject'
import { createSvix, type Svix } from './svix'

/** Where histories happen. */
export interface World {
  database: ChaosDatabase
  fleet: Fleet
  library: LibraryExports
  clerkApi: ClerkApiDouble
  timeoutMs: number
  figures: Figures
}

/** Plays one history and delivers it. Resolves to all that is wrong afterwards. */
export async function runHistory(world: World, plot: Plot): Promise<string[]> {
  const { database, fleet, figures } = world
  const { setting } = plot
  const history = playAtClerk(plot.deeds, plot.salt)
  world.clerkApi.users = history.live
  await database.heal()
  for (const wire of fleet.wires) wire.mend()
  const locals = await setTheScene(database, plot)
  await fleet.prepare(setting)

  const svix = createSvix()
  const visits = await deliverAmidMishaps(world, plot, history, svix)
  await settle(world, svix)
  const endpoints = endpointsOf(setting)
  const lookAll = () => Promise.all(endpoints.map((at) => look(database.connection, setting.schema, at)))
  const before = await lookAll()
  const wrong = before.flatMap((found) => divergences(found, history, setting, locals))
  const firstAttempts = svix.attempts.length
  if (setting.drift) await changeEverybody(database, setting)
  // Everything again, newest first and undisturbed: all of it has been applied, so nothing may happen.
  await svix.deliverAll(toEach(endpoints, history.messages.toReversed()), {
    concurrency: 4,
    send: (message, attempt) => fleet.send(attempt.id, message, attempt),
  })
  for (const [index, after] of (await lookAll()).entries()) {
    wrong.push(...changesSince(before[index] ?? after, after))
    wrong.push(...divergences(after, history, setting, locals).map((what) => `after the replay, ${what}`))
  }
  const runs = await fleet.hookRuns()
  wrong.push(...hookDivergences(runs, history, setting, { svix, before: firstAttempts, visits }))
  const ended = runs.filter(({ part }) => part === 'ended')
  figures.histories++
  figures.events += history.messages.length
  figures.deliveries += svix.attempts.length
  figures.redeliveries += firstAttempts - orderOf(plot, history).length
  figures.strangers += plot.strangers.length
  figures.hookRuns += ended.length
  figures.hooked += new Set(ended.map(({ messageId }) => messageId)).size
  return wrong
}

/** Empty collections, but for the local accounts that were there before Clerk. */
async function setTheScene({ connection }: ChaosDatabase, { setting, localNames }: Plot) {
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

/** The app writes what is Clerk's, so that what is sent again looks like another event of the same version. */
async function changeEverybody({ connection }: ChaosDatabase, setting: Setting): Promise<void> {
  for (const endpoint of endpointsOf(setting)) {
    const { users } = collectionsOf(setting.schema, endpoint)
    const alive = { clerkId: { $exists: true }, clerkDeletedAt: { $exists: false } }
    await connection.collection(users).updateMany(alive, { $set: { firstName: 'Drifted' } })
  }
}

/** Each message to each endpoint. */
function toEach(endpoints: ReturnType<typeof endpointsOf>, messages: readonly Told[]): Message[] {
  return messages.flatMap((message) => endpoints.map((endpoint) => ({ ...message, endpoint })))
}

/** The order in which the deliveries set out: each message once, strayed from its place, and some a second time. */
function orderOf({ strays, reach, setting }: Plot, { messages }: History): Message[] {
  const endpoints = endpointsOf(setting)
  const places = toEach(endpoints, messages).flatMap((message, nth) => {
    const index = Math.floor(nth / endpoints.length)
    const stray = strays[nth % strays.length]
    const place = index + ((stray?.by ?? 0) / 1000) * reach
    const again = stray?.again
    return again == null
      ? [{ place, message }]
      : [
          { place, message },
          { place: place + (again / 250) * (reach + 2), message },
        ]
  })
  return places.sort((a, b) => a.place - b.place).map(({ message }) => message)
}

/** @returns the deletions that strangers applied. */
async function deliverAmidMishaps(world: World, plot: Plot, history: History, svix: Svix) {
  const order = orderOf(plot, history)
  const places = new Map(history.messages.map(({ id }, index) => [id, index]))
  const due = plot.mishaps.map((mishap) => ({ ...mishap, nth: Math.floor((mishap.at / 1000) * order.length) }))
  const visits = plot.strangers.map((stranger) => ({
    ...stranger,
    nth: Math.floor((stranger.at / 1000) * order.length),
  }))
  const ground: Ground = {
    library: world.library,
    connection: world.database.connection,
    clerkApiUrl: world.clerkApi.url,
    setting: plot.setting,
    deleted: [...history.deleted.keys()],
  }
  const pending: Promise<void>[] = []
  const visited: { clerkId: string; at: number }[] = []
  await svix.deliverAll(order, {
    concurrency: plot.concurrency,
    send: (message, attempt) => world.fleet.send(attempt.id, message, attempt),
    moodOf: ({ id }, isFirst) => (isFirst ? (plot.hooks[(places.get(id) ?? 0) % plot.hooks.length] ?? 'well') : 'well'),
    async before(attempt, nth) {
      for (const stranger of visits.filter((one) => one.nth === nth)) {
        const clerkId = visitedBy(ground, stranger)
        if (clerkId === undefined) continue
        visited.push({ clerkId, at: attempt.sentAt })
        pending.push(visit(ground, stranger, clerkId))
      }
      for (const mishap of due.filter((one) => one.nth === nth)) {
        if (await strike(world, mishap, attempt, pending)) count(world.figures.faults, mishap.kind)
      }
    },
  })
  await Promise.all(pending)
  return visited
}

/** Waits for what handlers may still be doing that were given up: they have until their time is over. */
async function settle({ database, fleet, timeoutMs }: World, svix: Svix): Promise<void> {
  await database.heal()
  for (const wire of fleet.wires) wire.mend()
  const hasStatus = (wanted: number) => svix.attempts.some(({ status }) => status === wanted)
  // With a dead process the commands are left that the server had already: blocked ones, if there were mishaps of that kind.
  if (hasStatus(503) || (hasStatus(0) && timeoutMs < 5_000)) await sleep(timeoutMs + 300)
  else if (hasStatus(0)) await sleep(200)
}
