import type { ClerkCreditJSON, ClerkMoneyJSON, ClerkPayerJSON } from './billing'
import type { Known } from './known'
import type { ClerkEventPlanJSON } from './plan'

type SubscriptionStatus = Known<
  'abandoned' | 'active' | 'canceled' | 'ended' | 'expired' | 'incomplete' | 'past_due' | 'upcoming'
>

/** A subscription of a user or organization. All times are in milliseconds. */
export interface ClerkSubscriptionJSON {
  id: string
  object?: string
  status?: SubscriptionStatus
  payer_id?: string
  payer?: ClerkPayerJSON
  items?: readonly ClerkSubscriptionItemJSON[]
  latest_payment_id?: string | null
  payment_source_id?: string | null
  active_at?: number | null
  canceled_at?: number | null
  ended_at?: number | null
  past_due_at?: number | null
  created_at?: number
  updated_at?: number
}

/** One plan within a subscription, for one period. Clerk's specification and SDK differ here; the type covers both. */
export interface ClerkSubscriptionItemJSON {
  id: string
  object?: string
  status?: SubscriptionStatus
  is_free_trial?: boolean
  subscription_id?: string | null
  plan_id?: string | null
  plan?: ClerkEventPlanJSON | null
  payer?: ClerkPayerJSON
  seats?: { quantity?: number | null }
  interval?: Known<'month' | 'annual'>
  /** Milliseconds, like `period_end`. */
  period_start?: number
  period_end?: number | null
  created_at?: number
  updated_at?: number
  credit?: ClerkCreditJSON
  // Fields below are in Clerk's SDK and examples, but not in its specification.
  plan_period?: Known<'month' | 'annual'>
  proration_date?: string
  amount?: ClerkMoneyJSON
  lifetime_paid?: number
  next_payment_amount?: number
  next_payment_date?: number
  canceled_at?: number | null
  past_due_at?: number | null
}
