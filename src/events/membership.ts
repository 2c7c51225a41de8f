import type { ClerkOrganizationJSON } from './organization'

/** A user's membership in an organization. Deletion events contain it too. */
export interface ClerkOrganizationMembershipJSON {
  id: string
  object?: string
  role?: string
  role_name?: string
  permissions?: readonly string[]
  public_metadata?: object
  private_metadata?: object
  organization?: ClerkOrganizationJSON
  public_user_data?: Member
  /** Milliseconds. */
  created_at?: number
  updated_at?: number
}

/** A user and an organization, by Clerk's ids. Clerk has at most one membership of a pair. */
export interface MembershipPair {
  organizationId: string
  userId: string
}

/** The fields of a user that members of the organization can see. */
export interface ClerkPublicUserJSON {
  user_id?: string
  first_name?: string | null
  last_name?: string | null
  image_url?: string
  has_image?: boolean
  identifier?: string | null
}

interface Member extends ClerkPublicUserJSON {
  username?: string | null
  /** @deprecated by Clerk in favour of `image_url`. */
  profile_image_url?: string | null
  banned?: boolean
  deprovisioned?: boolean
}
