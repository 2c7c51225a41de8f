import { type App, pathOf } from '../app'

const ours = ['clerkId', 'syncStatus', 'syncError', 'lastClerkSync', 'authProvider'] as const

/**
 * A raw document without the library's own paths. Values that differ at each write (ids, recent dates, encoded values)
 * are replaced with their kind.
 */
export function comparable(app: App, raw: Record<string, unknown>): unknown {
  const own = new Set(ours.map((name) => pathOf(app, name)))
  for (const name of ['clerkUpdatedAt', 'clerkDeletedAt'] as const) own.add(pathOf(app, name))
  for (const path of app.filledBySave ?? []) own.add(path)
  const encoded = new Set([...(app.encoded ?? []), ...(app.opaque ?? [])])
  return simplify(raw, '', (path) => (own.has(path) || /^clerk[A-Z]/.test(path) ? 'skip' : encoded.has(path)))
}

type Rule = (path: string) => 'skip' | boolean

function simplify(value: unknown, path: string, rule: Rule): unknown {
  const verdict = path === '' ? false : rule(path)
  if (verdict === 'skip') return undefined
  if (verdict) return `${typeof value}, encoded`
  if (value instanceof Date) return Math.abs(Date.now() - value.getTime()) < 60_000 ? 'now' : value.getTime()
  if (Array.isArray(value)) return value.map((inner, index) => simplify(inner, `${path}.${index}`, rule))
  if (typeof value !== 'object' || value === null) return value
  if ('_bsontype' in value) return value._bsontype === 'ObjectId' ? 'an id' : String(value)
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    simplify(inner, path ? `${path}.${key}` : key, rule),
  ])
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined))
}
