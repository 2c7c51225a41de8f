import type { Known } from './known'
import type { ClerkVerificationJSON } from './verification'

/** An account at an OAuth provider. It may be unverified. */
export interface ClerkExternalAccountJSON {
  id: string
  object?: string
  external_account_id?: string
  /** Such as `oauth_google`. */
  provider?: string
  identification_id?: string
  provider_user_id?: string
  approved_scopes?: string
  email_address?: string
  email_address_verified?: boolean | null
  first_name?: string
  last_name?: string
  /** @deprecated by Clerk in favour of `image_url`. */
  avatar_url?: string
  image_url?: string | null
  username?: string | null
  phone_number?: string | null
  public_metadata?: object | null
  label?: string | null
  verification?: ClerkVerificationJSON | null
  created_at?: number
  updated_at?: number
}

interface DirectoryAccount {
  id: string
  object?: string
  provider?: string
  active?: boolean
  email_address?: string
  first_name?: string | null
  last_name?: string | null
  provider_user_id?: string | null
  public_metadata?: object
  verification?: ClerkVerificationJSON | null
  /** Milliseconds. */
  last_authenticated_at?: number | null
}

interface Connection {
  id: string
  object?: string
  provider?: string
  name?: string
  /** @deprecated by Clerk in favour of `domains`. */
  domain?: string
  domains?: readonly string[]
  active?: boolean
  sync_user_attributes?: boolean
  allow_subdomains?: boolean
  allow_idp_initiated?: boolean
  disable_additional_identifications?: boolean
  created_at?: number
  updated_at?: number
}

/** A user's account at a SAML identity provider. */
export interface ClerkSamlAccountJSON extends DirectoryAccount {
  saml_connection?: Connection | null
}

/** A user's account at an enterprise identity provider, over OAuth or SAML. */
export interface ClerkEnterpriseAccountJSON extends DirectoryAccount {
  protocol?: Known<'oauth' | 'saml'>
  enterprise_connection_id?: string | null
  enterprise_connection?: (Connection & { protocol?: string; logo_public_url?: string | null }) | null
}
