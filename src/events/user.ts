import type { ClerkEnterpriseAccountJSON, ClerkExternalAccountJSON, ClerkSamlAccountJSON } from './account'
import type {
  ClerkEmailAddressJSON,
  ClerkPasskeyJSON,
  ClerkPhoneNumberJSON,
  ClerkWeb3WalletJSON,
} from './identification'
import type { ClerkOrganizationMembershipJSON } from './membership'

/**
 * Clerk's JSON of a user. Every field except the id may be missing or `null`, unlike in Clerk's own types, because
 * older and sample payloads lack most of them. `UserJSON` of `@clerk/backend` is assignable to it.
 * @see https://clerk.com/docs/guides/development/webhooks/overview
 */
export interface ClerkUserJSON {
  id: string
  object?: string
  username?: string | null
  first_name?: string | null
  last_name?: string | null
  image_url?: string | null
  /** @deprecated by Clerk in favour of `image_url`. */
  profile_image_url?: string | null
  has_image?: boolean | null
  primary_email_address_id?: string | null
  primary_phone_number_id?: string | null
  primary_web3_wallet_id?: string | null
  email_addresses?: readonly ClerkEmailAddressJSON[] | null
  phone_numbers?: readonly ClerkPhoneNumberJSON[] | null
  web3_wallets?: readonly ClerkWeb3WalletJSON[] | null
  passkeys?: readonly ClerkPasskeyJSON[] | null
  external_accounts?: readonly ClerkExternalAccountJSON[] | null
  saml_accounts?: readonly ClerkSamlAccountJSON[] | null
  enterprise_accounts?: readonly ClerkEnterpriseAccountJSON[] | null
  organization_memberships?: readonly ClerkOrganizationMembershipJSON[] | null
  /** Clerk types metadata per app; narrow it in your `mapUser`. */
  public_metadata?: object | null
  private_metadata?: object | null
  /** Writable from the user's browser: do not trust it. */
  unsafe_metadata?: object | null
  external_id?: string | null
  /** BCP 47. */
  locale?: string | null
  timezone?: string | null
  banned?: boolean | null
  locked?: boolean | null
  /** Removed by a company directory. Arrives as `user.updated`. */
  deprovisioned?: boolean | null
  scim?: { directory_id?: string; directory_enabled?: boolean; external_id?: string | null } | null
  lockout_expires_in_seconds?: number | null
  verification_attempts_remaining?: number | null
  password_enabled?: boolean | null
  two_factor_enabled?: boolean | null
  totp_enabled?: boolean | null
  backup_code_enabled?: boolean | null
  bypass_client_trust?: boolean | null
  delete_self_enabled?: boolean | null
  create_organization_enabled?: boolean | null
  /** Zero means no limit. */
  create_organizations_limit?: number | null
  mfa_enabled_at?: number | null
  mfa_disabled_at?: number | null
  password_last_updated_at?: number | null
  legal_accepted_at?: number | null
  last_sign_in_at?: number | null
  /** Precise to the day. */
  last_active_at?: number | null
  /** Milliseconds. */
  created_at?: number | null
  /** Milliseconds. The version that every write compares. */
  updated_at?: number | null
}
