import { type ClerkApi, createClerkApi } from '../clerk-api/clerk-api'
import type { ResolvedClerkSyncOptions, StoredResource } from '../resolved-options'
import type { Finding } from '../store/finding'

const check = 'old_deletions'
const MAX_LISTED = 10

/**
 * Finds users, organizations or memberships that an older scheme marked as deleted with `syncStatus: 'error'` alone,
 * which a late event would restore. With `fix`, those that Clerk no longer has become deletions. Their documents are kept
 * regardless of `onDelete`, as the older scheme did.
 */
export async function diagnoseOldDeletions(
  resolved: ResolvedClerkSyncOptions,
  resource: StoredResource,
  { find, fix }: { find: () => Promise<string[]>; fix: boolean },
): Promise<Finding> {
  const { name } = resource
  const ids = await find()
  if (ids.length === 0) return { check, verdict: 'ok', message: `No ${name} has an older scheme's deletion mark.` }
  const message = `${ids.length} documents have syncStatus 'error' and no clerkDeletedAt (${listed(ids)}). They may be deletions of an older scheme.`
  // Clerk finds a membership by its user and organization alone, so only a comparison of all shows which are gone.
  if (name === 'membership') return { check, verdict: 'warning', message, remedy: reconciling }
  const api = createClerkApi(resolved.clerk)
  const again = `un this again with fix (doctor --fix). It converts ${name}s that Clerk no longer has into deletions.`
  if (!api) return { check, verdict: 'warning', message, remedy: `Set CLERK_SECRET_KEY and r${again}` }
  if (!fix) return { check, verdict: 'warning', message, remedy: `R${again}` }
  return applyOldDeletions(resolved, resource, { ids, api })
}

const reconciling = 'Run reconcile --apply, which updates them from Clerk.'

async function applyOldDeletions(
  resolved: ResolvedClerkSyncOptions,
  { name, store }: StoredResource,
  { ids, api }: { ids: readonly string[]; api: ClerkApi },
): Promise<Finding> {
  const { logger } = resolved
  const fetch = (id: string) => (name === 'organization' ? api.getOrganization(id) : api.getUser(id))
  // Fetches each one, because a deletion is final and a list can be incomplete.
  const gone: string[] = []
  for (const id of ids) if ((await fetch(id)) === null) gone.push(id)
  const alive = ids.length - gone.length
  if (alive === 0 && !(await isSameClerk(resolved, api))) {
    return {
      check,
      verdict: 'problem',
      message: `Clerk has none of the ${gone.length} ${name}s with syncStatus 'error', and none of the other users. Nothing was changed.`,
      remedy:
        'CLERK_SECRET_KEY may belong to another instance. If it is the right key, set the instanceId (ins_…) of createClerkSync.',
    }
  }
  // No hook runs: these were deleted before any hook was set up.
  for (const id of gone) await store.deleteFromClerk(id, { onDelete: 'soft', marks: {}, logger })
  if (alive === 0) {
    return {
      check,
      verdict: 'ok',
      message: `${gone.length} deletions of an older scheme (${listed(gone)}) were converted.`,
      isFixed: true,
    }
  }
  return {
    check,
    verdict: 'warning',
    message: `${alive} documents have syncStatus 'error' although Clerk has the ${name}. ${gone.length} others were converted into deletions.`,
    remedy: reconciling,
    isFixed: gone.length > 0,
  }
}

/** Whether the key is of the instance whose data is stored, according to `instanceId` or to stored users. */
async function isSameClerk(
  { instanceId, jobStore, logger }: ResolvedClerkSyncOptions,
  api: ClerkApi,
): Promise<boolean> {
  if (instanceId !== undefined) return (await api.getInstance()).id === instanceId
  const stored = (await jobStore()?.sample(100, { logger })) ?? []
  const userIds = stored.filter(({ isDeleted }) => !isDeleted).map(({ clerkId }) => clerkId)
  return userIds.length > 0 && (await api.listUsers({ userIds, limit: 100 })).length > 0
}

const listed = (ids: readonly string[]) =>
  `${ids.slice(0, MAX_LISTED).join(', ')}${ids.length > MAX_LISTED ? ', …' : ''}`
