import type { ClerkUserJSON } from '../events'
import { mapClerkUser } from '../map/map-clerk-user'
import { isPlaceholder } from '../map/placeholder'

/**
 * Throws unless the document holds what Clerk has for the user: its id, its profile fields (those the document can be expected
 * to have: a field of Clerk's that the document lacks is a difference), the version, and that the two are in step.
 * A placeholder stands for a value that Clerk has none of. The message names paths, not values. Needs no test runner.
 *
 * @param doc A document, or a `lean()` result; `null` fails.
 * @param options.mapUser The rule your `createClerkSync` uses. @default mapClerkUser, compared where the document's schema has the path
 */
export function assertSynced(
  doc: object | null | undefined,
  clerkUser: ClerkUserJSON,
  options: { mapUser?: (user: ClerkUserJSON) => Record<string, unknown> } = {},
): void {
  if (!doc) throw new Error(`No document for Clerk user ${clerkUser.id}.`)
  const read = reader(doc)
  const wrong: string[] = []
  if (read('clerkId') !== clerkUser.id && read('_id') !== clerkUser.id) wrong.push('clerkId')
  if (read('syncStatus') !== 'active')
    wrong.push(`syncStatus (${String(read('syncStatus'))}, ${String(read('syncError'))})`)
  if (read('clerkDeletedAt')) wrong.push('clerkDeletedAt (the user is deleted)')
  if (clerkUser.updated_at && new Date(read('clerkUpdatedAt') as string).getTime() !== clerkUser.updated_at)
    wrong.push('clerkUpdatedAt')
  const mapped: Record<string, unknown> = (options.mapUser ?? mapClerkUser)(clerkUser)
  for (const [path, value] of Object.entries(mapped)) {
    if (!options.mapUser && !read.has(path)) continue
    const stored = read(path)
    const isMadeUp = value === undefined && typeof stored === 'string' && isPlaceholder(stored, clerkUser.id)
    if (!isMadeUp && !isSame(stored, value)) wrong.push(path)
  }
  if (wrong.length > 0) throw new Error(`Clerk user ${clerkUser.id} is not in step; these differ: ${wrong.join(', ')}.`)
}

interface Reader {
  (path: string): unknown
  /** Whether the document can hold the path: its schema has it; without a schema (lean results) every path counts. */
  has(path: string): boolean
}

function reader(doc: object): Reader {
  const { get, schema } = doc as { get?: (path: string) => unknown; schema?: { path(path: string): unknown } }
  const read = (path: string): unknown => {
    if (typeof get === 'function') return get.call(doc, path)
    return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], doc)
  }
  return Object.assign(read, { has: (path: string) => !schema || Boolean(schema.path(path)) })
}

function isSame(stored: unknown, expected: unknown): boolean {
  return JSON.stringify(stored ?? null) === JSON.stringify(expected ?? null)
}
