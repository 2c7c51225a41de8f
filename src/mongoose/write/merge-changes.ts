import { overlap } from '../target/owned-paths'
import type { Paths } from '../target/paths'
import type { AnyDoc, SyncModel } from '../target/target'

/** One path within one operator of an update. */
interface Entry {
  operator: string
  path: string
  value: unknown
}

/** Paths that middleware cannot change: identity, version and pending hooks. */
const bookkeeping = ['clerkId', 'clerkUpdatedAt', 'clerkDeletedAt', 'clerkHooksDue', 'clerkPendingType'] as const

/**
 * Merges the app's middleware changes into a command. Unchanged entries are sent as built, because the candidate has
 * already cast them; added and changed entries are cast by the schema; removed entries stay removed.
 *
 * @param before The update as mongoose holds it before the middleware runs.
 */
export function mergeChanges(model: SyncModel, ours: AnyDoc, before: AnyDoc, paths: Paths) {
  const { BSON } = model.base.mongo
  const textOf = (value: unknown) => Buffer.from(BSON.serialize({ value })).toString('base64')
  const known = new Map(entriesOf(before).map((entry) => [keyOf(entry), textOf(entry.value)]))
  const kept = new Set<string>(bookkeeping.map((name) => paths[name]))
  const isKept = ({ path }: Entry) => kept.has(path)

  return (after: AnyDoc, cast: (changes: AnyDoc) => AnyDoc): AnyDoc => {
    // A pipeline replaces the update as a whole.
    if (Array.isArray(after)) return after
    const entries = entriesOf(after)
    const changed = entries.filter((entry) => !isKept(entry) && known.get(keyOf(entry)) !== textOf(entry.value))
    const standing = new Set(entries.map(keyOf))
    const isUntouched = changed.length === 0 && [...known.keys()].every((key) => standing.has(key))
    if (isUntouched) return ours
    const left = entriesOf(ours).filter((entry) => {
      if (isKept(entry)) return true
      // Defaults are kept even if middleware changes the operator, because mongoose adds its own after all middleware.
      const isStanding = standing.has(keyOf(entry)) || entry.operator === '$setOnInsert'
      return isStanding && !changed.some(({ path }) => overlap(path, entry.path))
    })
    const casted = changed.length === 0 ? [] : entriesOf(cast(updateOf(changed)))
    return updateOf([...left, ...casted])
  }
}

const keyOf = ({ operator, path }: Entry): string => `${operator} ${path}`

/** mongoose treats a key without an operator as `$set`. */
function entriesOf(update: AnyDoc): Entry[] {
  return Object.entries(update).flatMap(([operator, operand]) => {
    if (!operator.startsWith('$')) return [{ operator: '$set', path: operator, value: operand }]
    return Object.entries((operand ?? {}) as AnyDoc).map(([path, value]) => ({ operator, path, value }))
  })
}

function updateOf(entries: readonly Entry[]): AnyDoc {
  const update: Record<string, AnyDoc> = {}
  for (const { operator, path, value } of entries) {
    update[operator] ??= {}
    update[operator][path] = value
  }
  return update
}
