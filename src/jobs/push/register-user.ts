import type { ClerkApi } from '../../clerk-api/clerk-api'
import { refusalOf } from '../../clerk-api/refusal'
import type { ClerkRequest } from '../../clerk-api/request'
import { ClerkSyncError, isClerkSyncError } from '../../errors'
import type { ClerkUserJSON } from '../../events/events'
import { clerkUserJSON } from '../../map/map-clerk-user'
import { creationMarks } from '../run/job-context'
import { requireMetadataFits } from './push-claim'
import type { PushContext } from './push-context'
import { type NewUser, type RegisterOptions, registrationBody } from './registration-body'
import { explained } from './registration-refused'

/** Deadline, retries and signal for Clerk calls. */
export type RequestLimits = Pick<ClerkRequest, 'deadline' | 'retries' | 'signal'>

/** The create may have succeeded (no response), or another process created the user first. */
const mayBeCreated = (error: unknown): boolean => {
  if (!isClerkSyncError(error)) return false
  const refusal = refusalOf(error)
  return !refusal || refusal.status >= 500 || refusal.clerkCode === 'form_identifier_exists'
}

/**
 * Creates the Clerk user of a local account and links the two. Safe to repeat: a user created before a crash, but not
 * linked, is found by its external id.
 * @throws {ClerkSyncError} `registration_refused`, `conflict`, `schema_unfit` without `push.externalId`, and those of
 * the API.
 */
export async function registerUser(
  context: PushContext,
  localId: unknown,
  given: RegisterOptions,
  limits: RequestLimits,
): Promise<string> {
  const { api, store, writeContext, options } = context
  const local = await store.forRegistration(localId, writeContext())
  if (!local) {
    throw new ClerkSyncError('registration_refused', 'No local account has this _id, or its user was deleted in Clerk.')
  }
  if (local.clerkId !== undefined) return local.clerkId
  const wanted = { ...local, externalId: externalIdOf(local.owned.external_id) }
  const user = (await findCreated(api, wanted.externalId, limits)) ?? (await create(api, wanted, given, limits))
  // The `user.created` hook stays pending until Clerk's own message arrives.
  const { outcome, conflict } = await store.link(localId, user, {
    ...writeContext(),
    marks: creationMarks(options, 'user'),
  })
  if (outcome === 'conflict') {
    throw new ClerkSyncError(
      'conflict',
      `Clerk has the user ${user.id}, but it could not be linked to the account. ${conflict?.message ?? ''}`.trim(),
    )
  }
  return user.id
}

/** Events find the local account by this id, so no other value may replace a missing one. */
function externalIdOf(owned: string | null | undefined): string {
  if (owned === undefined) {
    throw new ClerkSyncError(
      'schema_unfit',
      "Registration requires clerkSyncPlugin's option push.externalId, usually '_id'. Events of the new user find the account by it.",
    )
  }
  if (owned) return owned
  throw new ClerkSyncError(
    'registration_refused',
    "The account has no value at the path of push.externalId, which identifies its Clerk user. Set a value, or use '_id'.",
  )
}

async function findCreated(
  api: ClerkApi,
  externalId: string,
  limits: RequestLimits,
): Promise<ClerkUserJSON | undefined> {
  const found = await api.listUsers({ limit: 1, externalIds: [externalId] }, limits)
  return found.find((user) => user.external_id === externalId)
}

/** Adds the owned metadata to the caller's. */
function withExtra(body: Record<string, unknown>, metadata: Record<string, object>): Record<string, unknown> {
  const pairs = Object.entries(metadata).map(([field, owned]) => [
    field,
    { ...(body[field] as object | undefined), ...owned },
  ])
  return Object.fromEntries(pairs)
}

async function create(
  api: ClerkApi,
  wanted: NewUser,
  options: RegisterOptions,
  limits: RequestLimits,
): Promise<ClerkUserJSON> {
  const { metadata, ...body } = registrationBody(wanted, options)
  requireMetadataFits({}, { metadata })
  try {
    const request = { method: 'POST', path: '/users', body: { ...body, ...withExtra(body, metadata) } } as const
    const answer = await api.request({ ...request, timeoutMs: 30_000, ...limits })
    return clerkUserJSON(answer as ClerkUserJSON)
  } catch (error) {
    const created = mayBeCreated(error)
      ? await findCreated(api, wanted.externalId, limits).catch(() => undefined)
      : undefined
    if (created) return created
    throw explained(error)
  }
}
