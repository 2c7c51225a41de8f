import { ClerkSyncError } from '../../errors'
import { externalIdPath } from '../push/owned-values'
import type { Target } from '../target/target'
import type { UniqueIndex } from './check-unique'

/** Whether an index makes every value at the path that `push.externalId` names one document's alone. */
export function makesExternalIdUnique(path: string, { key, partialFilterExpression: partial }: UniqueIndex): boolean {
  const coversAll = !partial || Object.keys(partial).join() === path
  return Object.keys(key).join() === path && coversAll
}

/**
 * Events find the local account by the external id, and one that two accounts share links the wrong one.
 * @throws {ClerkSyncError} `schema_unfit` where the schema declares no unique index on its path.
 */
export function requireUniqueExternalId(target: Target, declared: readonly UniqueIndex[]): void {
  const path = externalIdPath(target)
  if (path === undefined || path === '_id' || declared.some((index) => makesExternalIdUnique(path, index))) return
  throw new ClerkSyncError(
    'schema_unfit',
    `push.externalId names ${path}, which is not unique: a Clerk user would be linked to whichever account has its external id. ` +
      `Say unique: true and sparse: true at ${path} in the schema, or name '_id'.`,
  )
}
