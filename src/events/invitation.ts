import type { Known } from './known'
import type { ClerkPublicUserJSON } from './membership'
import type { ClerkPublicOrganizationJSON } from './organization'

type InvitationStatus = Known<'pending' | 'accepted' | 'revoked' | 'expired'>

/** An invitation to an organization. */
export interface ClerkOrganizationInvitationJSON {
  id: string
  object?: string
  email_address?: string
  role?: string
  role_name?: string
  organization_id?: string
  public_organization_data?: ClerkPublicOrganizationJSON | null
  /** Clerk's specification nests the organization in `data`. */
  data?: { public_organization_data?: ClerkPublicOrganizationJSON | null }
  inviter_id?: string | null
  public_inviter_data?: ClerkPublicUserJSON | null
  status?: InvitationStatus
  public_metadata?: object
  private_metadata?: object
  /** A secret: anyone with this URL can accept the invitation. */
  url?: string | null
  /** Milliseconds, like `created_at` and `updated_at`. */
  expires_at?: number | null
  created_at?: number
  updated_at?: number
}

/** An accepted invitation to an organization. */
export interface ClerkOrganizationInvitationAcceptedJSON extends ClerkOrganizationInvitationJSON {
  /** The user who accepted. */
  user_id?: string
}

/** A person on the app's waitlist. */
export interface ClerkWaitlistEntryJSON {
  id: string
  object?: string
  email_address?: string
  status?: Known<'pending' | 'invited' | 'rejected' | 'completed'>
  is_locked?: boolean
  invitation?: AppInvitation | null
  /** Milliseconds. */
  created_at?: number
  updated_at?: number
}

interface AppInvitation {
  id: string
  object?: string
  email_address?: string
  public_metadata?: object | null
  revoked?: boolean
  status?: InvitationStatus
  url?: string
  expires_at?: number | null
  created_at?: number
  updated_at?: number
}
