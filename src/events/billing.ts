/** An amount of money. */
export interface ClerkMoneyJSON {
  /** In the currency's smallest unit. */
  amount?: number
  amount_formatted?: string
  currency?: string
  currency_symbol?: string
}

/** The user or organization that pays. */
export interface ClerkPayerJSON {
  id: string
  object?: string
  instance_id?: string
  user_id?: string
  first_name?: string
  last_name?: string
  email?: string
  organization_id?: string
  organization_name?: string
  image_url?: string
  /** Milliseconds. */
  created_at?: number
  updated_at?: number
}

/** A credit for the unused days of a plan that ended before its period. */
export interface ClerkCreditJSON {
  amount?: ClerkMoneyJSON
  cycle_days_remaining?: number
  cycle_days_total?: number
  cycle_remaining_percent?: number
}
