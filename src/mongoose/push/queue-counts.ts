import type { PushCounts } from '../../store/push-store'
import type { WriteContext } from '../../store/write'
import { fromPrimary, NOT_DELETED, type Target, valueAt, within } from '../target/target'
import { ABANDONED, dueTime, FIRST, RETRYING, WAITING } from './token'

/** Where counting stops. */
const MAX_COUNT = 10_000

/** Counts the queue with its index, which has only documents with a change. */
export async function countQueue(target: Target, context: WriteContext): Promise<PushCounts> {
  const { model, paths } = target
  const options = { ...fromPrimary, ...within(context) }
  const marked = (token: object) => ({
    [paths.clerkPushToken]: { ...token },
    [paths.clerkDeletedAt]: { ...NOT_DELETED },
  })
  const count = (token: object) =>
    model.collection.countDocuments(marked(token) as never, { limit: MAX_COUNT, ...options })
  const first = async (token: object) => {
    const sort = { [paths.clerkPushToken]: 1 as const }
    const [found] = await model.collection.find(marked(token) as never, { sort, limit: 1, ...options }).toArray()
    return found ? [dueTime(String(valueAt(found, paths.clerkPushToken)))] : []
  }
  const [pending, retrying, failed, ...times] = await Promise.all([
    count(WAITING),
    count(RETRYING),
    count(ABANDONED),
    first(FIRST),
    first(RETRYING),
  ])
  const due = times.flat().filter((time) => time.getTime() <= Date.now())
  return { pending, retrying, failed, oldestDueAt: due.sort((a, b) => a.getTime() - b.getTime())[0] }
}
