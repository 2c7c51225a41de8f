/** A plan as described in events about subscription items. Amounts are in the currency's smallest unit. */
export interface ClerkEventPlanJSON {
  id: string
  slug?: string
  name?: string
  is_recurring?: boolean
  amount?: number
  currency?: string
  unit_prices?: readonly UnitPrice[]
  // Fields below are in Clerk's SDK and examples, but not in its specification.
  instance_id?: string
  product_id?: string
  description?: string
  is_default?: boolean
  period?: string
  interval?: number
  is_prorated?: boolean
  has_base_fee?: boolean
  annual_monthly_amount?: number
  publicly_visible?: boolean
}

interface UnitPrice {
  name?: string
  block_size?: number
  tiers?: readonly UnitPriceTier[]
}

interface UnitPriceTier {
  starts_at_block?: number
  ends_after_block?: number | null
  amount_per_block?: number
  currency?: string
}
