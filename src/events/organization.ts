import type { Known } from './known'

/** The public fields of an organization. */
export interface ClerkPublicOrganizationJSON {
  id: string
  object?: string
  name?: string
  slug?: string
  image_url?: string
  has_image?: boolean
}

/** An organization. */
export interface ClerkOrganizationJSON extends ClerkPublicOrganizationJSON {
  members_count?: number
  missing_member_with_elevated_permissions?: boolean
  pending_invitations_count?: number
  max_allowed_memberships?: number
  admin_delete_enabled?: boolean
  public_metadata?: object | null
  private_metadata?: object
  /** Id of a user. */
  created_by?: string
  role_set_key?: string | null
  /** Milliseconds, like `created_at` and `updated_at`. */
  last_active_at?: number
  created_at?: number
  updated_at?: number
}

/** A domain of an organization, whose users can join it. */
export interface ClerkOrganizationDomainJSON {
  id: string
  object?: string
  organization_id?: string
  name?: string
  enrollment_mode?: Known<'manual_invitation' | 'automatic_invitation' | 'automatic_suggestion' | 'enterprise_sso'>
  affiliation_email_address?: string | null
  affiliation_verification?: DomainVerification | null
  ownership_verification?: DomainVerification | null
  /** @deprecated by Clerk in favour of `affiliation_verification` and `ownership_verification`. */
  verification?: DomainVerification | null
  total_pending_invitations?: number
  total_pending_suggestions?: number
  public_organization_data?: ClerkPublicOrganizationJSON | null
  /** Milliseconds. */
  created_at?: number
  updated_at?: number
}

interface DomainVerification {
  status?: string
  strategy?: string
  attempts?: number | null
  /** Milliseconds. Clerk's SDK calls it `expires_at`. */
  expire_at?: number | null
  expires_at?: number | null
  verified_at?: number | null
}
