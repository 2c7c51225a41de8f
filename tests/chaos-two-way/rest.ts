import { setTimeout as sleep } from 'node:timers/promises'
import { patiently } from './patiently'
import type { History } from './run-history'
import { collectionsOf } from './subject'

/** How long a history may take to come to rest, waits that double and whole seconds of Clerk's included. */
const PATIENCE_MS = 60_000
/** How long nothing may happen then. */
const WATCH_MS = 1_000

/**
 * Nothing goes wrong any more: waits until every message is delivered and nothing is due. Resolves to what does not come to rest.
 */
export async function comeToRest(history: History): Promise<string[]> {
  const { world, lane, side, apps } = history
  const { clerk } = side
  side.isQuiet = true
  side.onPushed = () => {}
  for (const wire of lane.wires) wire.mend()
  await world.database.heal()
  clerk.release()
  const until = Date.now() + PATIENCE_MS
  await untilStill(history, until)
  // From here on nothing is lost: what was, is found by comparing, as it is to be done regularly.
  if (clerk.events().some(({ state }) => state === 'lost')) {
    await patiently(async () => apps[0]?.reconcile({ apply: true }), until)
    await untilStill(history, until)
  }
  if (Date.now() > until) {
    const moving = await patiently(() => whatMoves(history))
    return [`it did not come to rest within ${PATIENCE_MS / 1000} s: ${moving}`]
  }
  const before = clerk.requests.length
  const pushes = side.pushes
  await sleep(WATCH_MS)
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

async function untilStill(history: History, until: number): Promise<void> {
  const { clerk } = history.side
  // Twice in a row: a message can make something due, and a push make a message.
  for (let stills = 0; stills < 2 && Date.now() < until; ) {
    // Given up after the last attempt: sent again, as one does from Clerk's dashboard.
    for (const { messageId, state } of clerk.events()) if (state === 'failed') clerk.resend(messageId)
    await clerk.settle()
    await letTimeGoBy(history).catch(() => {})
    const isStill = (await whatMoves(history).catch(() => 'the database is away')) === ''
    stills = isStill ? stills + 1 : 0
    await sleep(isStill ? 20 : 100)
  }
}

/** What failed often is tried again in hours: for it they are over now. */
async function letTimeGoBy({ world, lane }: History): Promise<void> {
  const users = world.database.connection.collection(collectionsOf(lane.number).users)
  const now = Date.now().toString(16).padStart(12, '0')
  const later = { clerkPushDue: { $gt: `b${now}.~`, $lt: 'c' }, clerkPushLease: { $exists: false } }
  for (const { _id, clerkPushDue } of await users.find(later).toArray()) {
    const token = `b${now}${String(clerkPushDue).slice(13)}`
    await users.updateOne({ _id, clerkPushDue, clerkPushLease: { $exists: false } }, { $set: { clerkPushDue: token } })
  }
}

/** What is under way or due. */
async function whatMoves({ world, lane, side }: History): Promise<string> {
  const users = world.database.connection.collection(collectionsOf(lane.number).users)
  // A mark that was given up is no rest either: nothing here is to be refused for good. The oracle tells.
  const moving = await users
    .find({ $or: [{ clerkPushDue: { $gt: '', $lt: 'f' } }, { clerkPushLease: { $gt: '' } }] })
    .toArray()
  const known = moving.filter(({ clerkId }) => side.ids.includes(String(clerkId)))
  const underWay = side.clerk.events().filter(({ state }) => state === 'underWay' || state === 'failed').length
  const due = known.map(({ clerkId, clerkPushDue, clerkPushLease }) => `${clerkId} ${clerkPushDue} ${clerkPushLease}`)
  return [...due, ...(underWay > 0 ? [`${underWay} messages`] : [])].join(', ')
}
