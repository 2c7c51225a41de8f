import type { ClerkLinkJSON, ClerkVerificationJSON } from './verification'

/** An e-mail address of a user. */
export interface ClerkEmailAddressJSON {
  id: string
  object?: string
  email_address: string
  reserved?: boolean
  verification?: ClerkVerificationJSON | null
  linked_to?: readonly ClerkLinkJSON[]
  matches_sso_connection?: boolean
  created_at?: number
  updated_at?: number
}

/** A phone number of a user. */
export interface ClerkPhoneNumberJSON {
  id: string
  object?: string
  phone_number: string
  reserved_for_second_factor?: boolean
  default_second_factor?: boolean
  reserved?: boolean
  verification?: ClerkVerificationJSON | null
  linked_to?: readonly ClerkLinkJSON[]
  /** Secrets: do not log or store them. */
  backup_codes?: readonly string[] | null
  created_at?: number
  updated_at?: number
}

/** A web3 wallet of a user. */
export interface ClerkWeb3WalletJSON {
  id: string
  object?: string
  web3_wallet?: string
  verification?: ClerkVerificationJSON | null
  created_at?: number
  updated_at?: number
}

/** A passkey of a user. */
export interface ClerkPasskeyJSON {
  id: string
  object?: string
  name?: string
  last_used_at?: number
  verification?: ClerkVerificationJSON | null
}
