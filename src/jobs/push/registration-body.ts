import { withoutNulls } from '../../map/without-nulls'
import type { OwnedValues, Registration } from '../../store/push-store'

export interface RegisterOptions {
  /** Make the user without a password where the instance asks for one: it signs in by code, or resets it. @default false */
  skipPasswordRequirement?: boolean
  /**
   * More of the body of `POST /users`, in Clerk's names: `{ password_digest, password_hasher: 'bcrypt' }` brings a hash along.
   * @see https://clerk.com/docs/reference/backend-api/tag/Users#operation/CreateUser
   */
  extra?: Record<string, unknown>
}

/** A user that is to be made, and the external id it is found by later. */
export type NewUser = Registration & { externalId: string }

type Metadata = Record<string, Record<string, unknown>>

/** The body of `POST /users`, its metadata apart. */
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

/** A new user has nothing that could be taken away. */
function metadataOf({ public_metadata, private_metadata, unsafe_metadata }: OwnedValues): Metadata {
  return withoutNulls({ public_metadata, private_metadata, unsafe_metadata }) as Metadata
}
