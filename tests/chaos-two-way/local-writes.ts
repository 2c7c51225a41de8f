import type { Action, LocalChange } from './plot'
import type { History } from './run-history'
import type { AppModel } from './subject'

type LocalAction = Extract<Action, { do: 'local' }>
type Changes = Record<string, unknown>

/** Writes as the app, with one of the methods of mongoose, and logs the values allowed afterwards. */
export async function writeLocally(
  history: History,
  users: AppModel,
  action: LocalAction,
  index: number,
): Promise<void> {
  const { log, shape, clearedIds, isPushing } = history
  const { ids } = history.side
  const pick = (who: number) => ids[who % ids.length] as string
  if (ids.length === 0) return
  const isForTwo = action.how === 'updateMany' || action.how === 'bulkWrite'
  const targetIds = [...new Set(isForTwo ? [pick(action.who), pick(action.other)] : [pick(action.who)])]
  // Clerk refuses an external id that another user has.
  const fitting = action.changes.filter(({ path }) => path !== 'hostId' || targetIds.length === 1)
  if (fitting.length === 0) return
  const changes = Object.fromEntries(fitting.map((change) => [change.path, valueFor(change, index)]))
  const from = performance.now()
  // A failed write may have been applied; neither the app nor the oracle can know.
  const unchanged = new Set<string>()
  const matched = await write(users, action.how, targetIds, shape.pathsOf(changes, index), unchanged).catch(
    () => undefined,
  )
  if (matched === 0) return
  if (shape.mayClear(action.how, changes)) for (const id of targetIds) clearedIds.add(id)
  const isCertain = matched === targetIds.length
  const until = isCertain ? performance.now() : Number.POSITIVE_INFINITY
  const isUnchanged = (leaf: string) => {
    const written = Object.keys(changes).filter((path) => leaf === path || leaf.startsWith(`${path}.`))
    const paths = Object.keys(shape.pathsOf(Object.fromEntries(written.map((path) => [path, changes[path]])), index))
    return paths.every((path) => unchanged.has(path))
  }
  for (const id of targetIds) {
    for (const [leaf, value] of leavesOf(changes)) {
      // Before push, Clerk owned the name, and a missing value is none of the app. A `save` without changes is no write.
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
 * @param unchanged Receives the paths that a `save` does not modify.
 * @returns the number of matched documents.
 */
async function write(
  users: AppModel,
  how: LocalAction['how'],
  targetIds: string[],
  changes: Changes,
  unchanged: Set<string>,
): Promise<number> {
  const [clerkId = ''] = targetIds
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
  if (how === 'updateMany') return (await users.updateMany({ clerkId: { $in: targetIds } }, update)).matchedCount
  const operations = targetIds.map((id) => ({ updateOne: { filter: { clerkId: id }, update } }))
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
