import type { ClerkCreditJSON, ClerkMoneyJSON, ClerkPayerJSON } from './billing'
import type { Known } from './known'
import type { ClerkSubscriptionItemJSON } from './subscription'

/** One attempt to collect a payment. All times are in milliseconds. */
export interface ClerkPaymentAttemptJSON {
  id: string
  object?: string
  instance_id?: string
  payment_id?: string
  statement_id?: string
  /** @deprecated by Clerk in favour of `statement_id`. */
  invoice_id?: string
  gateway_external_id?: string
  status?: Known<'pending' | 'paid' | 'failed'>
  charge_type?: Known<'checkout' | 'recurring'>
  billing_date?: number
  paid_at?: number | null
  failed_at?: number | null
  failed_reason?: { code?: string; decline_code?: string } | null
  payee?: Payee
  payer?: ClerkPayerJSON
  totals?: Totals
  payment_source?: PaymentSource
  subscription_items?: readonly PaidItem[]
  created_at?: number
  updated_at?: number
}

interface PaidItem extends ClerkSubscriptionItemJSON {
  credits?: Credits | null
}

interface Credits {
  proration?: ClerkCreditJSON | null
  payer?: { applied_amount?: ClerkMoneyJSON; remaining_balance?: ClerkMoneyJSON } | null
  total?: ClerkMoneyJSON
}

interface Payee {
  id: string
  gateway_type?: string
  gateway_external_id?: string
  gateway_status?: string
}

interface Totals {
  subtotal?: ClerkMoneyJSON
  tax_total?: ClerkMoneyJSON
  grand_total?: ClerkMoneyJSON
  per_unit_totals?: readonly UnitTotal[]
}

interface UnitTotal {
  name?: string
  amount?: number
  quantity?: number | null
  total?: number
  currency?: string
}

interface PaymentSource {
  id: string
  gateway?: string
  gateway_external_id?: string
  gateway_external_account_id?: string | null
  payment_method?: Known<'card' | 'link'>
  status?: Known<'active' | 'disconnected'>
  card_type?: string | null
  last4?: string | null
}
