import type { Deed, LocalChange } from './plot'
import type { History } from './run-history'
import type { AppModel } from './subject'

type LocalDeed = Extract<Deed, { do: 'local' }>
type Changes = Record<string, unknown>

/** Lets the app write, in one of the ways that mongoose has, and notes what may stand afterwards. */
export async function writeLocally(history: History, users: AppModel, deed: LocalDeed, index: number): Promise<void> {
  const { log, shape, wiped, isPushing } = history
  const { ids } = history.side
  const pick = (who: number) => ids[who % ids.length] as string
  if (ids.length === 0) return
  const isForTwo = deed.how === 'updateMany' || deed.how === 'bulkWrite'
  const whom = [...new Set(isForTwo ? [pick(deed.who), pick(deed.other)] : [pick(deed.who)])]
  // Clerk refuses an external id that another has.
  const fitting = deed.changes.filter(({ path }) => path !== 'hostId' || whom.length === 1)
  if (fitting.length === 0) return
  const changes = Object.fromEntries(fitting.map((change) => [change.path, valueFor(change, index)]))
  const from = performance.now()
  // A write that fails may have been made: whoever wrote it does not know, and neither does the oracle.
  const unchanged = new Set<string>()
  const matched = await write(users, deed.how, whom, shape.pathsOf(changes, index), unchanged).catch(() => undefined)
  if (matched === 0) return
  if (shape.wipes(deed.how, changes)) for (const id of whom) wiped.add(id)
  const isCertain = matched === whom.length
  const until = isCertain ? performance.now() : Number.POSITIVE_INFINITY
  const isUnchanged = (leaf: string) => {
    const written = Object.keys(changes).filter((path) => leaf === path || leaf.startsWith(`${path}.`))
    const paths = Object.keys(shape.pathsOf(Object.fromEntries(written.map((path) => [path, changes[path]])), index))
    return paths.every((path) => unchanged.has(path))
  }
  for (const id of whom) {
    for (const [leaf, value] of leavesOf(changes)) {
      // A name was Clerk's then, and what is not there is no value of the app's. A `save` that changes nothing is no write.
      const isBefore = !isPushing && (leaf === 'lastName' || value === undefined)
      const isUnnoticed = isBefore || (value === undefined && isUnchanged(leaf))
      log.note(id, leaf, { value, from, until, isCertain, isUnnoticed })
    }
  }
}

function valueFor({ path, isUnset }: LocalChange, index: number): unknown {
  if (isUnset) return undefined
  if (path === 'plan.limits') return { seats: index, regions: [`a ${index}`, `b ${index}`] }
  if (path === 'plan.limits.regions') return [`local ${index}`]
  return path === 'visits' || path === 'plan.limits.seats' ? index : `local ${index}`
}

function leavesOf(changes: Changes): [leaf: string, value: unknown][] {
  return Object.entries(changes).flatMap(([path, value]): [string, unknown][] => {
    if (path !== 'plan.limits') return [[path, value]]
    const limits = (value ?? {}) as { seats?: number; regions?: string[] }
    return [
      ['plan.limits.seats', limits.seats],
      ['plan.limits.regions', limits.regions],
    ]
  })
}

/**
 * @param unchanged Is given the paths that a `save` leaves as they were.
 * @returns how many documents there were to write.
 */
async function write(
  users: AppModel,
  how: LocalDeed['how'],
  whom: string[],
  changes: Changes,
  unchanged: Set<string>,
): Promise<number> {
  const [clerkId = ''] = whom
  const update = updateFor(changes)
  if (how === 'save') {
    const doc = await users.findOne({ clerkId })
    if (!doc) return 0
    for (const [path, value] of Object.entries(changes)) doc.set(path, value)
    for (const path of Object.keys(changes)) if (!doc.isModified(path)) unchanged.add(path)
    await doc.save()
    return 1
  }
  if (how === 'findOneAndUpdate') return (await users.findOneAndUpdate({ clerkId }, update)) ? 1 : 0
  if (how === 'updateOne') return (await users.updateOne({ clerkId }, update)).matchedCount
  if (how === 'updateMany') return (await users.updateMany({ clerkId: { $in: whom } }, update)).matchedCount
  const operations = whom.map((id) => ({ updateOne: { filter: { clerkId: id }, update } }))
  return (await users.bulkWrite(operations as never)).matchedCount
}

function updateFor(changes: Changes) {
  const entries = Object.entries(changes)
  const set = entries.filter(([, value]) => value !== undefined)
  const unset = entries.filter(([, value]) => value === undefined).map(([path]) => [path, 1] as const)
  return {
    ...(set.length > 0 && { $set: Object.fromEntries(set) }),
    ...(unset.length > 0 && { $unset: Object.fromEntries(unset) }),
  }
}
