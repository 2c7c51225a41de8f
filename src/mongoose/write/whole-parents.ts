import type { AnyDoc } from '../target/target'

interface Fields {
  $set: AnyDoc
  $unset: AnyDoc
}

/** A parent is written as a whole only while it is `null`. */
export const nullParents = (parents: ReadonlySet<string>): AnyDoc =>
  Object.fromEntries([...parents].map((parent) => [parent, null]))

/** MongoDB cannot set a path beneath `null`, so such a parent is set with everything beneath it. */
export function withWholeParents({ $set, $unset }: Fields, parents: ReadonlySet<string>): Fields {
  const isBeneath = (path: string) => [...parents].some((parent) => path.startsWith(`${parent}.`))
  const others = (operand: AnyDoc) => Object.fromEntries(Object.entries(operand).filter(([path]) => !isBeneath(path)))
  const wholes = [...parents].map((parent) => {
    const within = Object.entries($set).filter(([path]) => path.startsWith(`${parent}.`))
    return [parent, nested(within.map(([path, value]) => [path.slice(parent.length + 1), value]))]
  })
  return { $set: { ...others($set), ...Object.fromEntries(wholes) }, $unset: others($unset) }
}

function nested(entries: [path: string, value: unknown][]): AnyDoc {
  const result: AnyDoc = {}
  for (const [path, value] of entries) {
    const keys = path.split('.')
    const last = keys.pop() as string
    const parent = keys.reduce<AnyDoc>((doc, key) => {
      doc[key] ??= {}
      return doc[key] as AnyDoc
    }, result)
    parent[last] = value
  }
  return result
}
