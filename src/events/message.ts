/** An e-mail to a user. Text and `data` can hold a sign-in code that is still good: neither log nor store them. */
export interface ClerkEmailJSON {
  id: string
  object?: string
  slug?: string | null
  from_email_name?: string
  reply_to_email_name?: string | null
  to_email_address?: string
  email_address_id?: string | null
  user_id?: string | null
  subject?: string
  body?: string
  body_plain?: string | null
  status?: string
  data?: object | null
  /** `false` asks you to send it. */
  delivered_by_clerk?: boolean
  suppression_reason?: string | null
}

/** A text message to a user. `message` and `data` can hold a sign-in code that is still good, as in an e-mail. */
export interface ClerkSmsJSON {
  id: string
  object?: string
  slug?: string | null
  from_phone_number?: string
  to_phone_number?: string
  phone_number_id?: string | null
  user_id?: string | null
  message?: string
  status?: string
  data?: object | null
  /** `false` asks you to send it. */
  delivered_by_clerk?: boolean
  /** Milliseconds. Clerk's specification names the one, its example has the other. */
  created_at_ms?: number
  created_at?: number
}
