export interface ClerkMoneyJSON {
  /** In the currency's smallest unit. */
  amount?: number
  amount_formatted?: string
  currency?: string
  currency_symbol?: string
}

/** Who pays: a user or an organization. */
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

/** For the unused days of a plan given up before its period was over. */
export interface ClerkCreditJSON {
  amount?: ClerkMoneyJSON
  cycle_days_remaining?: number
  cycle_days_total?: number
  cycle_remaining_percent?: number
}
