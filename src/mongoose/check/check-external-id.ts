import { ClerkSyncError } from '../../errors'
import { externalIdPath } from '../target/owned-paths'
import type { Target } from '../target/target'
import type { UniqueIndex } from './check-unique'

/** Whether an index makes the path of `push.externalId` unique among all documents that have it. */
export function makesExternalIdUnique(path: string, { key, partialFilterExpression: partial }: UniqueIndex): boolean {
  const coversAll = !partial || Object.keys(partial).join() === path
  return Object.keys(key).join() === path && coversAll
}

/**
 * Events find the local account by its external id; if two accounts share one, the wrong one could be linked.
 * @throws {ClerkSyncError} `schema_unfit` if the schema declares no unique index on the path.
 */
export function requireUniqueExternalId(target: Target, declared: readonly UniqueIndex[]): void {
  const path = externalIdPath(target)
  if (path === undefined || path === '_id' || declared.some((index) => makesExternalIdUnique(path, index))) return
  throw new ClerkSyncError(
    'schema_unfit',
    `push.externalId is ${path}, which has no unique index, so a Clerk user could be linked to the wrong account. ` +
      `Set unique: true and sparse: true on ${path} in the schema, or set push.externalId to '_id'.`,
  )
}
