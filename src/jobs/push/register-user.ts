import type { ClerkApi } from '../../clerk-api/clerk-api'
import { refusalOf } from '../../clerk-api/refusal'
import { ClerkSyncError, isClerkSyncError } from '../../errors'
import type { ClerkUserJSON } from '../../events'
import { clerkUserJSON } from '../../map/clerk-user-json'
import type { Registration } from '../../push-store'
import type { PushContext } from './push-context'

export interface RegisterOptions {
  /** Make the user without a password where the instance asks for one: it signs in by code, or resets it. @default false */
  skipPasswordRequirement?: boolean
  /**
   * More of the body of `POST /users`, in Clerk's names: `{ password_digest, password_hasher: 'bcrypt' }` brings a hash along.
   * @see https://clerk.com/docs/reference/backend-api/tag/Users#operation/CreateUser
   */
  extra?: Record<string, unknown>
}

/**
 * Makes the Clerk user of a local account and links the two. Safe to repeat: a user that was made and not linked, because the
 * process died in between, is found by its external id.
 * @throws {ClerkSyncError} `registration_refused`, `conflict`, and those of the API.
 */
export async function registerUser(context: PushContext, localId: unknown, options: RegisterOptions): Promise<string> {
  const { store, writeContext } = context
  const local = await store.forRegistration(localId, writeContext())
  if (!local) {
    throw new ClerkSyncError('registration_refused', 'There is no local account by that _id, or Clerk has deleted it.')
  }
  if (local.clerkId !== undefined) return local.clerkId
  const externalId = local.owned.external_id ?? String(localId)
  const user = (await findMade(context.api, externalId)) ?? (await make(context.api, { ...local, externalId }, options))
  const { outcome, conflict } = await store.link(localId, user, writeContext())
  if (outcome === 'conflict') {
    throw new ClerkSyncError(
      'conflict',
      `Clerk has the user ${user.id} now, but it could not be linked. ${conflict?.message ?? ''}`.trim(),
    )
  }
  return user.id
}

type Wanted = Registration & { externalId: string }

async function findMade(api: ClerkApi, externalId: string): Promise<ClerkUserJSON | undefined> {
  const [found] = await api.listUsers({ limit: 1, externalIds: [externalId] })
  return found
}

async function make(api: ClerkApi, local: Wanted, options: RegisterOptions): Promise<ClerkUserJSON> {
  try {
    const answer = await api.request({
      method: 'POST',
      path: '/users',
      body: bodyFor(local, options),
      timeoutMs: 30_000,
    })
    return clerkUserJSON(answer as ClerkUserJSON)
  } catch (error) {
    // Nobody knows whether it was made: Clerk does.
    if (isClerkSyncError(error) && !refusalOf(error)) {
      const made = await findMade(api, local.externalId).catch(() => undefined)
      if (made) return made
    }
    throw explained(error)
  }
}

function bodyFor(local: Wanted, { skipPasswordRequirement, extra = {} }: RegisterOptions): Record<string, unknown> {
  const { email, username, firstName, lastName, externalId, owned } = local
  const { public_metadata, private_metadata, unsafe_metadata } = owned
  const given = {
    username,
    first_name: firstName,
    last_name: lastName,
    ...withoutNulls({ public_metadata, private_metadata, unsafe_metadata }),
  }
  return {
    ...(email !== undefined && { email_address: [email] }),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    external_id: externalId,
    ...(skipPasswordRequirement && { skip_password_requirement: true }),
    ...extra,
  }
}

/** A new user has nothing that could be taken away. */
function withoutNulls<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined)
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)])) as T
}

/** Clerk's reason in words. Its codes name the field, never the value. */
function explained(error: unknown): unknown {
  const refusal = refusalOf(error)
  if (!refusal || refusal.status < 400 || refusal.status >= 500 || [401, 403, 429].includes(refusal.status))
    return error
  const code = refusal.clerkCode ?? 'no code'
  const why =
    code === 'form_identifier_exists'
      ? 'another user there has this e-mail address or username'
      : code === 'form_data_missing'
        ? 'the instance requires something the account has not; see skipPasswordRequirement'
        : 'it does not accept the data'
  return new ClerkSyncError('registration_refused', `Clerk refused to make the user (${code}): ${why}.`, {
    cause: refusal,
  })
}
