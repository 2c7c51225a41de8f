import { type ClerkApi, createClerkApi } from '../clerk-api/clerk-api'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type { Finding } from '../store/finding'

const check = 'old_deletions'
const MAX_LISTED = 10

/**
 * Finds users that an older scheme marked as deleted with `syncStatus: 'error'` alone, which a late event would
 * restore. With `fix`, those that Clerk no longer has become deletions. Their documents are kept regardless of
 * `onDelete`, as the older scheme did.
 */
export async function diagnoseOldDeletions(
  resolved: ResolvedClerkSyncOptions,
  find: () => Promise<string[]>,
  fix: boolean,
): Promise<Finding> {
  const ids = await find()
  if (ids.length === 0) return { check, verdict: 'ok', message: "No user has an older scheme's deletion mark." }
  const message = `${ids.length} documents have syncStatus 'error' and no clerkDeletedAt (${listed(ids)}). They may be deletions of an older scheme.`
  const api = createClerkApi(resolved.clerk)
  if (!api) {
    const remedy =
      'Set CLERK_SECRET_KEY and run this again with fix (doctor --fix). It converts users that Clerk no longer has into deletions.'
    return { check, verdict: 'warning', message, remedy }
  }
  if (!fix) {
    const remedy = 'Run this again with fix (doctor --fix). It converts users that Clerk no longer has into deletions.'
    return { check, verdict: 'warning', message, remedy }
  }
  return applyOldDeletions(resolved, api, ids)
}

async function applyOldDeletions(
  resolved: ResolvedClerkSyncOptions,
  api: ClerkApi,
  ids: readonly string[],
): Promise<Finding> {
  const { store, logger } = resolved
  // Fetches each user, because a deletion is final and a list can be incomplete.
  const gone: string[] = []
  for (const id of ids) if ((await api.getUser(id)) === null) gone.push(id)
  const alive = ids.length - gone.length
  if (alive === 0 && !(await isSameClerk(resolved, api))) {
    return {
      check,
      verdict: 'problem',
      message: `Clerk has none of the ${gone.length} users with syncStatus 'error', and none of the other users. Nothing was changed.`,
      remedy:
        'CLERK_SECRET_KEY may belong to another instance. If it is the right key, set the instanceId (ins_…) of createClerkSync.',
    }
  }
  // No hook runs: these users were deleted before any hook was set up.
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
    message: `${alive} documents have syncStatus 'error' although Clerk has the user. ${gone.length} others were converted into deletions.`,
    remedy: 'Run reconcile --apply, which updates them from Clerk.',
    isFixed: gone.length > 0,
  }
}

/** Whether these users belong to the key's instance, according to `instanceId` or to other stored users. */
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
