import { comparable, type Doc, valueAt } from './matches'

/** Returns the document after an update. @throws {Error} for an operator that the stub does not know. */
export function applyUpdate(doc: Doc, update: Doc, isInsert: boolean): Doc {
  if (Array.isArray(update)) throw new Error('The stub server knows no updates with an aggregation pipeline.')
  const result = { ...doc }
  for (const [name, operand] of Object.entries(update)) {
    const operator = operators[name]
    if (!operator) throw new Error(`The stub server does not know ${name} in an update.`)
    if (name === '$setOnInsert' && !isInsert) continue
    for (const [path, value] of Object.entries(operand as Doc))
      set(result, path, operator(valueAt(result, path), value))
  }
  return result
}

/** The new value at a path. */
const operators: Record<string, (value: unknown, operand: unknown) => unknown> = {
  $set: (_, operand) => operand,
  $setOnInsert: (_, operand) => operand,
  $unset: () => undefined,
  $inc: (value, operand) => ((value as number | undefined) ?? 0) + (operand as number),
  $max: (value, operand) => (value === undefined || (operand as number) > (value as number) ? operand : value),
  $push: (value, operand) => [...listOf(value), ...eachOf(operand)],
  $addToSet: (value, operand) => {
    const has = (one: unknown) => listOf(value).some((other) => comparable(other) === comparable(one))
    return [...listOf(value), ...eachOf(operand).filter((one) => !has(one))]
  },
  $pull: (value, operand) => {
    const removed = ((operand as Doc | null)?.$in as unknown[] | undefined) ?? [operand]
    return value === undefined ? undefined : listOf(value).filter((one) => !removed.includes(one))
  },
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const eachOf = (operand: unknown): unknown[] => ((operand as Doc | null)?.$each as unknown[] | undefined) ?? [operand]

/** Sets a dotted path, and copies what is on the way, which another document may share. */
function set(doc: Doc, path: string, value: unknown): void {
  const keys = path.split('.')
  const last = keys.pop() as string
  let parent = doc
  for (const key of keys) {
    parent[key] = { ...(parent[key] as Doc | undefined) }
    parent = parent[key] as Doc
  }
  if (value === undefined) delete parent[last]
  else parent[last] = value
}
