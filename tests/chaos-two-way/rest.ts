import { setTimeout as sleep } from 'node:timers/promises'
import { wrongWith } from './oracle'
import { retryUntilDone } from './retry-until-done'
import type { History } from './run-history'
import { collectionsOf } from './subject'

/** Number of resends of a message that failed at every attempt after all faults ended. */
const MAX_RESENDS = 2
/**
 * Ends all faults, then waits until every message is delivered and nothing is due. Resolves to the work that does not end.
 */
export async function endFaultsAndWait(history: History): Promise<string[]> {
  const { world, lane, side } = history
  side.isQuiet = true
  side.onPushed = () => {}
  for (const wire of lane.wires) wire.mend()
  await world.database.heal()
  side.clerk.release()
  const until = Date.now() + world.patienceMs
  const activity = await waitUntilIdle(history, until)
  if (activity) return [activity]
  const wrong = await reconcileLosses(history, until)
  return wrong ?? activityWhileIdle(history)
}

/** The same without faults to end and without losses to correct. */
export async function waitAndWatch(history: History): Promise<string[]> {
  const activity = await waitUntilIdle(history, Date.now() + history.world.patienceMs)
  return activity ? [activity] : activityWhileIdle(history)
}

/**
 * Corrects lost messages and values that the app removed by reconcile, as apps do regularly. Users that
 * need no correction are checked before.
 */
async function reconcileLosses(history: History, until: number): Promise<string[] | undefined> {
  const { side, apps, clearedIds } = history
  const isAnyLost = side.clerk.events().some(({ state }) => state === 'lost')
  const isSwitched = history.plot.switchOn > 0
  if (!isAnyLost && clearedIds.size === 0 && !isSwitched) return undefined
  const untouched = isAnyLost || isSwitched ? [] : side.ids.filter((id) => !clearedIds.has(id))
  const wrong = await wrongWith(history, untouched)
  await retryUntilDone(async () => apps[0]?.reconcile({ apply: true }), until)
  // Pushes what the app wrote before it had push.
  if (isSwitched) await retryUntilDone(async () => apps[0]?.push({ compare: true }), until)
  const activity = await waitUntilIdle(history, until)
  const all = activity ? [...wrong, activity] : wrong
  return all.length > 0 ? all : undefined
}

/** Requests and changes that happen although nothing is due. */
async function activityWhileIdle({ side, world }: History): Promise<string[]> {
  const { clerk } = side
  const before = clerk.requests.length
  const pushes = side.pushes
  await sleep(world.watchMs)
  // A worker may not yet know that Clerk deleted a user.
  const isAnyGone = side.ids.some((id) => !clerk.users.has(id))
  const isAboutDeletedUser = ({ path }: { path: string }) =>
    // Before a worker takes a user for deleted, it checks that Clerk has others.
    (path === '/users' && isAnyGone) || (path.startsWith('/users/') && !clerk.users.has(path.split('/')[2] ?? ''))
  const requests = clerk.requests
    .slice(before)
    .filter((request) => !isAboutDeletedUser(request))
    .map(({ method, path }) => `${method} ${path}`)
  const activity = requests.map((request) => `a request was sent while nothing was due: ${request}`)
  return side.pushes > pushes ? [...activity, 'Clerk was changed while nothing was due'] : activity
}

/** @returns the work that does not end; `undefined` when all is done. */
async function waitUntilIdle(history: History, until: number): Promise<string | undefined> {
  const { clerk } = history.side
  const resends = new Map<string, number>()
  // Idle twice in a row, as a message can make a push due, and a push sends a message.
  for (let idleRounds = 0; idleRounds < 2; ) {
    if (Date.now() > until)
      return `work was left after ${history.world.patienceMs / 1000} s: ${await retryUntilDone(() => pendingWork(history))}`
    // Given up after the last attempt: sent again, as from the Clerk dashboard.
    for (const { messageId } of clerk.events().filter(({ state }) => state === 'failed')) {
      const times = resends.get(messageId) ?? 0
      if (times >= MAX_RESENDS) return `${messageId} failed at every attempt: ${lastAnswerTo(history, messageId)}`
      resends.set(messageId, times + 1)
      clerk.resend(messageId)
    }
    await clerk.settle()
    await skipRetryDelays(history).catch(() => {})
    const isIdle = (await pendingWork(history).catch(() => 'the database is away')) === ''
    idleRounds = isIdle ? idleRounds + 1 : 0
    await sleep(isIdle ? 20 : 100)
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

/** Makes retries due now that would wait for hours. */
async function skipRetryDelays(history: History): Promise<void> {
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

/** Describes work in progress or due; empty if there is none. */
async function pendingWork(history: History): Promise<string> {
  // Marks that were given up are reported by the oracle, as no push here is refused for good.
  const isMoving = { $or: [{ clerkPushToken: { $gt: '', $lt: 'f' } }, { clerkPushLease: { $gt: '' } }] }
  const moving = (await Promise.all(usersOf(history).map((users) => users.find(isMoving).toArray()))).flat()
  const known = moving.filter(({ clerkId }) => history.side.ids.includes(String(clerkId)))
  const underWay = history.side.clerk.events().filter(({ state }) => state === 'underWay' || state === 'failed').length
  const due = known.map(
    ({ clerkId, clerkPushToken, clerkPushLease }) => `${clerkId} ${clerkPushToken} ${clerkPushLease}`,
  )
  return [...due, ...(underWay > 0 ? [`${underWay} messages`] : [])].join(', ')
}
