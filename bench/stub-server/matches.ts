/** A document, a filter or an update. */
export type Doc = Record<string, unknown>

/** Reads a dotted path. */
export function valueAt(doc: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Doc | null | undefined)?.[key], doc)
}

/** A value that can be compared with `===`, `<` and `>`: ids and dates become text and numbers. */
export function comparable(value: unknown): unknown {
  if (value instanceof Date) return value.getTime()
  if (value === undefined) return null
  return isObjectId(value) ? value.toHexString() : value
}

const isObjectId = (value: unknown): value is { toHexString(): string } =>
  typeof value === 'object' && value !== null && 'toHexString' in value

/** The condition's operators; `undefined` if it is a value to be equal to. */
export function operatorsOf(condition: unknown): [string, unknown][] | undefined {
  if (typeof condition !== 'object' || condition === null) return undefined
  const entries = Object.entries(condition)
  return entries.length > 0 && entries.every(([key]) => key.startsWith('$')) ? entries : undefined
}

const operators: Record<string, (value: unknown, operand: unknown) => boolean> = {
  $eq: equals,
  $ne: (value, operand) => !equals(value, operand),
  $in: (value, operand) => (operand as unknown[]).some((one) => equals(value, one)),
  $nin: (value, operand) => !(operand as unknown[]).some((one) => equals(value, one)),
  $exists: (value, operand) => (value !== undefined) === Boolean(operand),
  $gt: (value, operand) => isOrdered(value, operand, (a, b) => a > b),
  $gte: (value, operand) => isOrdered(value, operand, (a, b) => a >= b),
  $lt: (value, operand) => isOrdered(value, operand, (a, b) => a < b),
  $lte: (value, operand) => isOrdered(value, operand, (a, b) => a <= b),
  $type: (value, operand) => [operand].flat().some((name) => isOfType(value, name)),
  $not: (value, operand) => !fulfils(value, operand),
}

/** Whether a document matches a filter. @throws {Error} for an operator that the stub does not know. */
export function matches(doc: Doc, filter: Doc): boolean {
  return Object.entries(filter).every(([path, condition]) => {
    if (path === '$and') return (condition as Doc[]).every((one) => matches(doc, one))
    if (path === '$or') return (condition as Doc[]).some((one) => matches(doc, one))
    return fulfils(valueAt(doc, path), condition)
  })
}

function fulfils(value: unknown, condition: unknown): boolean {
  const given = operatorsOf(condition)
  if (!given) return equals(value, condition)
  return given.every(([name, operand]) => {
    const operator = operators[name]
    if (!operator) throw new Error(`The stub server does not know ${name} in a filter.`)
    return operator(value, operand)
  })
}

function equals(value: unknown, operand: unknown): boolean {
  if (!Array.isArray(value)) return comparable(value) === comparable(operand)
  if (!Array.isArray(operand)) return value.some((one) => equals(one, operand))
  return value.length === operand.length && value.every((one, index) => equals(one, operand[index]))
}

function isOrdered(value: unknown, operand: unknown, test: (a: never, b: never) => boolean): boolean {
  const [a, b] = [comparable(value), comparable(operand)]
  return typeof a === typeof b && a !== null && test(a as never, b as never)
}

function isOfType(value: unknown, name: unknown): boolean {
  if (name === 'date') return value instanceof Date
  if (name === 'array') return Array.isArray(value)
  if (name === 'string' || name === 'object') return typeof value === name
  throw new Error(`The stub server does not know the type ${name}.`)
}
