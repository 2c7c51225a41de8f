import { withoutNulls } from '../../map/without-nulls'
import type { OwnedValues, Registration } from '../../store/push-store'

/** Options of `registerClerkUser()`. */
export interface RegisterOptions {
  /**
   * Create the user without a password even if the instance requires one. The user signs in by code, or resets the
   * password. @default false
   */
  skipPasswordRequirement?: boolean
  /**
   * Additional fields of the body of `POST /users`, in Clerk's names. `{ password_digest, password_hasher: 'bcrypt' }`
   * migrates an existing password hash.
   * @see https://clerk.com/docs/reference/backend-api/tag/Users#operation/CreateUser
   */
  extra?: Record<string, unknown>
}

/** A user to be created, with the external id that identifies it. */
export type NewUser = Registration & { externalId: string }

type Metadata = Record<string, Record<string, unknown>>

/** The body of `POST /users`, with its metadata kept apart. */
export function registrationBody(
  { email, username, firstName, lastName, externalId, owned }: NewUser,
  { skipPasswordRequirement, extra }: RegisterOptions,
): Record<string, unknown> & { metadata: Metadata } {
  return {
    ...(email !== undefined && { email_address: [email] }),
    ...(username !== undefined && { username }),
    ...(firstName !== undefined && { first_name: firstName }),
    ...(lastName !== undefined && { last_name: lastName }),
    ...(skipPasswordRequirement && { skip_password_requirement: true }),
    ...extra,
    external_id: externalId,
    metadata: metadataOf(owned),
  }
}

/** A new user has no keys to remove. */
function metadataOf({ public_metadata, private_metadata, unsafe_metadata }: OwnedValues): Metadata {
  return withoutNulls({ public_metadata, private_metadata, unsafe_metadata }) as Metadata
}
