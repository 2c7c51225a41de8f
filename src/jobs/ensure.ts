import { type ClerkApi, requireClerkApi } from '../clerk-api/clerk-api'
import { ClerkSyncError, isClerkSyncError } from '../errors'
import { type ClerkResourceJSON, isClerkId } from '../events/events'
import type { ClerkOrganizationMembershipJSON, MembershipPair } from '../events/membership'
import type { ResolvedClerkSyncOptions, StoredResource } from '../resolved-options'
import type { ClerkStore } from '../store/clerk-store'
import type { ClerkUserInput } from '../store/write'
import { getNew } from './clerk/confirm-gone'
import { creationMarks } from './run/job-context'
import { resourceFor } from './run/job-resources'

/**
 * Returns a document, and fetches it from Clerk if it is not stored. `null`: no id was given, it is deleted, or Clerk
 * does not have it.
 * @param deadline Milliseconds.
 */
export type Ensure = (clerkId: string | null | undefined, deadline: number) => Promise<unknown>

/** Creates `ClerkSync.ensureUser`, without its time limit. */
export const createEnsureUser = (options: ResolvedClerkSyncOptions): Ensure =>
  createEnsure(options, 'users', (api, clerkId, deadline) => api.getUser(clerkId, deadline))

/** Creates `ClerkSync.ensureOrganization`, without its time limit. */
export const createEnsureOrganization = (options: ResolvedClerkSyncOptions): Ensure =>
  createEnsure(options, 'organizations', (api, clerkId, deadline) => api.getOrganization(clerkId, deadline))

type Fetch = (api: ClerkApi, clerkId: string, deadline: number) => Promise<ClerkResourceJSON | null>

function createEnsure(options: ResolvedClerkSyncOptions, name: 'users' | 'organizations', fetch: Fetch): Ensure {
  const createOnce = shared((clerkId, deadline) => {
    return fetchAndWrite(options, resourceFor(options, name), { clerkId, fetch, deadline })
  })
  return async (clerkId, deadline) => {
    const { store } = resourceFor(options, name)
    if (!isClerkId(clerkId)) return null
    await options.connect()
    const known = await store.findByClerkId(clerkId, { deadline })
    if (known) return unlessDeleted(store, known, deadline)
    await createOnce(clerkId, deadline)
    const made = await store.findByClerkId(clerkId, { deadline })
    return made ? unlessDeleted(store, made, deadline) : null
  }
}

/** Creates `ClerkSync.ensureMembership`, without its time limit. */
export function createEnsureMembership(
  options: ResolvedClerkSyncOptions,
): (pair: Partial<Nullable<MembershipPair>>, deadline: number) => Promise<unknown> {
  const createOnce = shared(async (key, deadline) => {
    const { find } = membershipsOf(options)
    const pair = JSON.parse(key) as MembershipPair
    const api = requireClerkApi(options.clerk)
    // Another process may have created it since the caller looked.
    if (await find(pair, { deadline })) return
    const json = await getNew(() => api.getMembership(pair, deadline), deadline)
    if (!json) return
    await writeOrganizationOf(options, json, deadline)
    await write(options, membershipsOf(options).resource, json, deadline)
  })
  return async (given, deadline) => {
    const { find } = membershipsOf(options)
    const { organizationId, userId } = given
    if (!isClerkId(organizationId) || !isClerkId(userId)) return null
    await options.connect()
    const pair = { organizationId, userId }
    const known = await find(pair, { deadline })
    if (known) return known
    await createOnce(JSON.stringify(pair), deadline)
    return find(pair, { deadline })
  }
}

/** An id that a session without an organization lacks. */
export type Nullable<T> = { [Name in keyof T]: T[Name] | null | undefined }

function membershipsOf(options: ResolvedClerkSyncOptions) {
  const resource = resourceFor(options, 'memberships')
  const find = resource.store.findMembership
  if (find) return { resource, find }
  throw new ClerkSyncError('store_unfit', 'The store given as `memberships` has no findMembership().')
}

/** Stores the organization that came along, if organizations are stored. A conflict does not keep the member out. */
async function writeOrganizationOf(
  options: ResolvedClerkSyncOptions,
  { organization }: ClerkOrganizationMembershipJSON,
  deadline: number,
): Promise<void> {
  const resource = options.resources.get('organization')
  if (!resource || !organization) return
  try {
    await write(options, resource, organization, deadline)
  } catch (error) {
    if (!isClerkSyncError(error) || error.code !== 'conflict') throw error
    options.logger.warn(
      { clerkId: organization.id, message: error.message },
      'the organization of a membership conflicts',
    )
  }
}

/**
 * Concurrent callers with the same key share the work. Each then reads its own document, which it may change and save.
 */
function shared(
  work: (key: string, deadline: number) => Promise<void>,
): (key: string, deadline: number) => Promise<void> {
  const inProgress = new Map<string, Promise<void>>()
  return (key, deadline) => {
    const running = inProgress.get(key)
    if (running) return running
    const started = work(key, deadline).finally(() => inProgress.delete(key))
    inProgress.set(key, started)
    return started
  }
}

async function fetchAndWrite(
  options: ResolvedClerkSyncOptions,
  resource: StoredResource,
  { clerkId, fetch, deadline }: { clerkId: string; fetch: Fetch; deadline: number },
): Promise<void> {
  const api = requireClerkApi(options.clerk)
  // Another process may have created it since the caller looked.
  if (await resource.store.findByClerkId(clerkId, { deadline })) return
  const json = await getNew(() => fetch(api, clerkId, deadline), deadline)
  if (json) await write(options, resource, json, deadline)
}

async function write(
  options: ResolvedClerkSyncOptions,
  { name, eventName, store, rules, fetcher }: StoredResource,
  json: ClerkResourceJSON,
  deadline: number,
): Promise<void> {
  const { logger } = options
  const clerkId = json.id
  const { outcome, conflict } = await store.upsertFromClerk(json as ClerkUserInput, {
    ...rules,
    ...fetcher,
    fromApi: true,
    marks: creationMarks(options, eventName),
    logger,
    deadline,
  })
  logger.info({ clerkId, outcome }, `clerk ${name} fetched`)
  if (outcome !== 'conflict' || (await store.findByClerkId(clerkId, { deadline }))) return
  const reason = conflict?.message ?? 'It conflicts with a stored document.'
  throw new ClerkSyncError('conflict', `The ${name} ${clerkId} could not be stored. ${reason}`)
}

async function unlessDeleted(store: ClerkStore, doc: unknown, deadline: number): Promise<unknown> {
  const isDeleted =
    (await store.isDeletedInClerk?.(doc, { deadline })) ?? Boolean((doc as { clerkDeletedAt?: unknown }).clerkDeletedAt)
  return isDeleted ? null : doc
}
