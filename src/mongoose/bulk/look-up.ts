import type { LookedUpDocument } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import type { AnyPathName } from '../target/paths'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import { isConflictCode, versionOf } from '../write/own-document'
import { findStored } from './stored-documents'

/** Our names for the values by which people recognise a document of any resource. */
const profileNames: readonly AnyPathName[] = [
  ...(['email', 'username', 'firstName', 'lastName'] as const),
  ...(['name', 'slug'] as const),
  ...(['role', 'userId', 'organizationId'] as const),
]

/** Returns the state of one document for people; `null` if nothing is stored. */
export async function lookUp(target: Target, clerkId: string, context: WriteContext): Promise<LookedUpDocument | null> {
  const [found] = await findStored(target, [clerkId], context)
  if (!found) return null
  const { doc, isDeleted, hasTombstone } = found
  if (!doc) return { clerkId, state: 'deleted', hasDocument: false, profile: {} }
  const { paths } = target
  const [syncError, path] = [valueAt(doc, paths.syncError), valueAt(doc, paths.syncErrorPath)]
  const status = valueAt(doc, paths.syncStatus)
  const known = status === 'pending' || status === 'error' ? status : 'active'
  const state = isDeleted || hasTombstone ? 'deleted' : known
  const times = {
    lastSyncAt: valueAt(doc, paths.lastClerkSync),
    updatedAt: versionOf(target, doc),
    deletedAt: valueAt(doc, paths.clerkDeletedAt),
  }
  return {
    clerkId,
    state,
    hasDocument: true,
    ...(state !== 'active' && typeof syncError === 'string' && { syncError }),
    ...(isConflictCode(syncError) && typeof path === 'string' && { path }),
    ...Object.fromEntries(Object.entries(times).filter(([, value]) => value instanceof Date)),
    profile: profileOf(target, doc),
  }
}

function profileOf({ paths, options }: Target, doc: AnyDoc): Record<string, string> {
  const named = profileNames.filter((name) => options.entity.names.includes(name))
  const values = named.map((name) => [name, valueAt(doc, paths[name])] as const)
  return Object.fromEntries(values.filter((entry): entry is [AnyPathName, string] => typeof entry[1] === 'string'))
}
