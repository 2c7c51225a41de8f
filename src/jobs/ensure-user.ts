import { requireClerkApi } from '../clerk-api/clerk-api'
import { ClerkSyncError } from '../errors'
import { isClerkId } from '../events/events'
import type { ResolvedClerkSyncOptions } from '../resolved-options'
import type { ClerkStore } from '../store/clerk-store'
import { getNewUser } from './clerk/confirm-gone'
import { signUpMarks } from './run/job-context'

/** Creates `ClerkSync.ensureUser`, without its time limit. */
export function createEnsureUser(
  options: ResolvedClerkSyncOptions,
): (clerkId: string | null | undefined, deadline: number) => Promise<unknown> {
  const { store, connect } = options
  const inProgress = new Map<string, Promise<void>>()

  /**
   * Concurrent callers share the fetch and the write. Each then reads its own document, which it may change and save.
   */
  function createOnce(clerkId: string, deadline: number): Promise<void> {
    const shared = inProgress.get(clerkId)
    if (shared) return shared
    const work = fetchAndWrite(options, clerkId, deadline).finally(() => inProgress.delete(clerkId))
    inProgress.set(clerkId, work)
    return work
  }

  return async (clerkId, deadline) => {
    if (!isClerkId(clerkId)) return null
    await connect()
    const known = await store.findByClerkId(clerkId, { deadline })
    if (known) return unlessDeleted(store, known, deadline)
    await createOnce(clerkId, deadline)
    const made = await store.findByClerkId(clerkId, { deadline })
    return made ? unlessDeleted(store, made, deadline) : null
  }
}

async function fetchAndWrite(options: ResolvedClerkSyncOptions, clerkId: string, deadline: number): Promise<void> {
  const { store, rules, logger, clerk } = options
  const api = requireClerkApi(clerk)
  // Another process may have created it since the caller looked.
  if (await store.findByClerkId(clerkId, { deadline })) return
  const user = await getNewUser(api, clerkId, deadline)
  if (!user) return
  const { outcome, conflict } = await store.upsertFromClerk(user, {
    ...rules,
    fromApi: true,
    marks: signUpMarks(options),
    fetchUser: api.getUser,
    logger,
    deadline,
  })
  logger.info({ clerkId, outcome }, 'clerk user fetched')
  if (outcome !== 'conflict' || (await store.findByClerkId(clerkId, { deadline }))) return
  const reason = conflict?.message ?? 'It conflicts with a stored document.'
  throw new ClerkSyncError('conflict', `The user ${clerkId} could not be stored. ${reason}`)
}

async function unlessDeleted(store: ClerkStore, doc: unknown, deadline: number): Promise<unknown> {
  const isDeleted =
    (await store.isDeletedInClerk?.(doc, { deadline })) ?? Boolean((doc as { clerkDeletedAt?: unknown }).clerkDeletedAt)
  return isDeleted ? null : doc
}
