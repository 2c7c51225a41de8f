import type { Known } from './known'

/** The part of an organization that people outside it may see. */
export interface ClerkPublicOrganizationJSON {
  id: string
  object?: string
  name?: string
  slug?: string
  image_url?: string
  has_image?: boolean
}

export interface ClerkOrganizationJSON extends ClerkPublicOrganizationJSON {
  members_count?: number
  missing_member_with_elevated_permissions?: boolean
  pending_invitations_count?: number
  max_allowed_memberships?: number
  admin_delete_enabled?: boolean
  public_metadata?: object | null
  private_metadata?: object
  /** The id of a user. */
  created_by?: string
  role_set_key?: string | null
  /** Milliseconds, as the next two. */
  last_active_at?: number
  created_at?: number
  updated_at?: number
}

export interface ClerkOrganizationDomainJSON {
  id: string
  object?: string
  organization_id?: string
  name?: string
  enrollment_mode?: Known<'manual_invitation' | 'automatic_invitation' | 'automatic_suggestion' | 'enterprise_sso'>
  affiliation_email_address?: string | null
  affiliation_verification?: DomainVerification | null
  ownership_verification?: DomainVerification | null
  /** @deprecated by Clerk in favour of the two above. */
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
