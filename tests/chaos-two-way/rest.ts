import { setTimeout as sleep } from 'node:timers/promises'
import { wrongWith } from './oracle'
import { patiently } from './patiently'
import type { History } from './run-history'
import { collectionsOf } from './subject'

/** How often a message is sent again whose every attempt was refused although nothing is broken any more. */
const MAX_RESENDS = 2
/**
 * Nothing goes wrong any more: waits until every message is delivered and nothing is due. Resolves to what does not come to rest.
 */
export async function comeToRest(history: History): Promise<string[]> {
  const { world, lane, side } = history
  side.isQuiet = true
  side.onPushed = () => {}
  for (const wire of lane.wires) wire.mend()
  await world.database.heal()
  side.clerk.release()
  const until = Date.now() + world.patienceMs
  const unrest = await untilStill(history, until)
  if (unrest) return [unrest]
  const wrong = await mendByComparing(history, until)
  return wrong ?? watch(history)
}

/** The same where nothing was lost, and nothing is to be mended. */
export async function calmDown(history: History): Promise<string[]> {
  const unrest = await untilStill(history, Date.now() + history.world.patienceMs)
  return unrest ? [unrest] : watch(history)
}

/**
 * From here on nothing is lost: what was, and what the app took away, is found by comparing, as it is to be done regularly. What
 * needs no mending is looked at before.
 */
async function mendByComparing(history: History, until: number): Promise<string[] | undefined> {
  const { side, apps, wiped } = history
  const isAnyLost = side.clerk.events().some(({ state }) => state === 'lost')
  const isSwitched = history.plot.switchOn > 0
  if (!isAnyLost && wiped.size === 0 && !isSwitched) return undefined
  const untouched = isAnyLost || isSwitched ? [] : side.ids.filter((id) => !wiped.has(id))
  const wrong = await wrongWith(history, untouched)
  await patiently(async () => apps[0]?.reconcile({ apply: true }), until)
  // What the app wrote before it pushed.
  if (isSwitched) await patiently(async () => apps[0]?.push({ compare: true }), until)
  const unrest = await untilStill(history, until)
  const all = unrest ? [...wrong, unrest] : wrong
  return all.length > 0 ? all : undefined
}

/** What happens although nothing is due. */
async function watch({ side, world }: History): Promise<string[]> {
  const { clerk } = side
  const before = clerk.requests.length
  const pushes = side.pushes
  await sleep(world.watchMs)
  // Of a user that Clerk has deleted meanwhile a worker may still be about to learn it.
  const isAnyGone = side.ids.some((id) => !clerk.users.has(id))
  const isAboutNobody = ({ path }: { path: string }) =>
    // Before somebody is taken for deleted it looks whether Clerk knows others.
    (path === '/users' && isAnyGone) || (path.startsWith('/users/') && !clerk.users.has(path.split('/')[2] ?? ''))
  const requests = clerk.requests
    .slice(before)
    .filter((request) => !isAboutNobody(request))
    .map(({ method, path }) => `${method} ${path}`)
  const unrest = requests.map((request) => `at rest there was a request: ${request}`)
  return side.pushes > pushes ? [...unrest, 'at rest there were changes at Clerk'] : unrest
}

/** @returns what does not come to rest; `undefined` once all has. */
async function untilStill(history: History, until: number): Promise<string | undefined> {
  const { clerk } = history.side
  const resends = new Map<string, number>()
  // Twice in a row: a message can make something due, and a push make a message.
  for (let stills = 0; stills < 2; ) {
    if (Date.now() > until)
      return `it did not come to rest within ${history.world.patienceMs / 1000} s: ${await patiently(() => whatMoves(history))}`
    // Given up after the last attempt: sent again, as one does from Clerk's dashboard.
    for (const { messageId } of clerk.events().filter(({ state }) => state === 'failed')) {
      const times = resends.get(messageId) ?? 0
      if (times >= MAX_RESENDS) return `${messageId} was refused at every attempt: ${lastAnswerTo(history, messageId)}`
      resends.set(messageId, times + 1)
      clerk.resend(messageId)
    }
    await clerk.settle()
    await letTimeGoBy(history).catch(() => {})
    const isStill = (await whatMoves(history).catch(() => 'the database is away')) === ''
    stills = isStill ? stills + 1 : 0
    await sleep(isStill ? 20 : 100)
  }
  return undefined
}

function lastAnswerTo({ side }: History, messageId: string): string {
  const last = side.clerk.deliveries.findLast((one) => one.messageId === messageId)
  return `${last?.status} ${last?.response ?? last?.error}`
}

const usersOf = ({ world, lane, at, others }: History) => [
  world.database.connection.collection(collectionsOf(lane.number, at.shape).users),
  ...others.map(({ collection }) => collection),
]

/** What failed often is tried again in hours: for it they are over now. */
async function letTimeGoBy(history: History): Promise<void> {
  const now = Date.now().toString(16).padStart(12, '0')
  const later = { clerkPushToken: { $gt: `b${now}.~`, $lt: 'c' }, clerkPushLease: { $exists: false } }
  for (const users of usersOf(history)) {
    for (const { _id, clerkPushToken } of await users.find(later).toArray()) {
      const token = `b${now}${String(clerkPushToken).slice(13)}`
      const still = { _id, clerkPushToken, clerkPushLease: { $exists: false } }
      await users.updateOne(still, { $set: { clerkPushToken: token } })
    }
  }
}

/** What is under way or due. */
async function whatMoves(history: History): Promise<string> {
  // A mark that was given up is no rest either: nothing here is to be refused for good. The oracle tells.
  const isMoving = { $or: [{ clerkPushToken: { $gt: '', $lt: 'f' } }, { clerkPushLease: { $gt: '' } }] }
  const moving = (await Promise.all(usersOf(history).map((users) => users.find(isMoving).toArray()))).flat()
  const known = moving.filter(({ clerkId }) => history.side.ids.includes(String(clerkId)))
  const underWay = history.side.clerk.events().filter(({ state }) => state === 'underWay' || state === 'failed').length
  const due = known.map(
    ({ clerkId, clerkPushToken, clerkPushLease }) => `${clerkId} ${clerkPushToken} ${clerkPushLease}`,
  )
  return [...due, ...(underWay > 0 ? [`${underWay} messages`] : [])].join(', ')
}
