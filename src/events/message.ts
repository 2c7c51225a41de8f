/** An e-mail to a user. `body`, `body_plain` and `data` can contain a valid sign-in code: do not log or store them. */
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
  /** If `false`, your app must send it. */
  delivered_by_clerk?: boolean
  suppression_reason?: string | null
}

/** A text message to a user. `message` and `data` can contain a valid sign-in code: do not log or store them. */
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
  /** If `false`, your app must send it. */
  delivered_by_clerk?: boolean
  /** Milliseconds. Clerk's specification has `created_at_ms`, its example `created_at`. */
  created_at_ms?: number
  created_at?: number
}
