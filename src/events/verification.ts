import type { Known } from './known'

/** How an address or account was verified, or the state of its verification. */
export interface ClerkVerificationJSON {
  id?: string
  object?: string
  status?: Known<'unverified' | 'verified' | 'failed' | 'expired' | 'transferable'> | null
  strategy?: Known<'email_code' | 'email_link' | 'phone_code' | 'admin' | 'ticket' | 'saml' | 'scim' | 'passkey'>
  attempts?: number | null
  /** Milliseconds. */
  expire_at?: number | null
  verified_at_client?: string | null
  channel?: string | null
  external_verification_redirect_url?: string | null
  nonce?: string | null
  message?: string | null
  error?: { message?: string; long_message?: string; code?: string; meta?: object } | null
}

/** Another account from which an address was taken. */
export interface ClerkLinkJSON {
  id: string
  object?: string
  type?: string
}
