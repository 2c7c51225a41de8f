import type { HostSchema } from '../target/host-schema'
import type { Paths } from '../target/paths'

/** An index that `status` counts with. */
export interface StatusIndex {
  name: string
  key: Record<string, 1>
  partialFilterExpression: Record<string, object>
}

/**
 * Indexes of the documents that are not in step with Clerk: `pending` and `error` sort after `active`. Documents in step
 * are in none of them, so that they cost nothing, and `status` counts without reading documents.
 */
export function statusIndexes({ clerkId, syncStatus, clerkDeletedAt }: Paths): StatusIndex[] {
  return [
    {
      name: 'clerk_status',
      key: { [syncStatus]: 1, [clerkId]: 1, [clerkDeletedAt]: 1 },
      partialFilterExpression: { [syncStatus]: { $gt: 'active' } },
    },
    {
      name: 'clerk_deleted',
      key: { [clerkDeletedAt]: 1 },
      partialFilterExpression: { [clerkDeletedAt]: { $gt: new Date(0) } },
    },
  ]
}

/** Declares the indexes of `status`. */
export function addStatusIndexes(schema: HostSchema, paths: Paths): void {
  for (const { key, ...options } of statusIndexes(paths)) schema.index(key, options)
}
