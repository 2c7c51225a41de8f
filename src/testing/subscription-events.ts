import type { ClerkEvent } from '../events/events'
import type { ClerkSubscriptionItemJSON, ClerkSubscriptionJSON } from '../events/subscription'
import { changed, eventOf } from './envelope'
import { newAddress, newId } from './user-parts'

/** Who pays for a subscription: a user, or an organization. */
type Payer = { user_id: string } | { organization_id: string }

/** Creates a `subscription.created` event: the user or the organization has the plan `pro`. */
export function subscriptionCreated(
  by: Payer = { user_id: newId('user') },
  overrides: Partial<ClerkSubscriptionJSON> = {},
): ClerkEvent<'subscription.created'> {
  const now = Date.now()
  const payer = payerOf(by)
  return eventOf('subscription.created', {
    id: newId('csub'),
    object: 'commerce_subscription',
    status: 'active',
    payer_id: payer.id,
    payer,
    items: [itemOf(now)],
    latest_payment_id: null,
    payment_source_id: null,
    active_at: now,
    canceled_at: null,
    ended_at: null,
    past_due_at: null,
    created_at: now,
    updated_at: now,
    ...overrides,
  })
}

/** Creates a `subscription.updated` event with these changes, one second newer than the given subscription. */
export function subscriptionUpdated(
  from: ClerkSubscriptionJSON = subscriptionCreated().data,
  changes: Partial<ClerkSubscriptionJSON> = {},
): ClerkEvent<'subscription.updated'> {
  return eventOf('subscription.updated', changed(from, changes))
}

/** Creates a `subscription.active` event, one second newer than the given subscription. */
export function subscriptionActive(
  from: ClerkSubscriptionJSON = subscriptionCreated().data,
): ClerkEvent<'subscription.active'> {
  const data = changed(from, { status: 'active', past_due_at: null })
  return eventOf('subscription.active', { ...data, active_at: data.updated_at ?? null })
}

/** Creates a `subscription.pastDue` event, one second newer than the given subscription. */
export function subscriptionPastDue(
  from: ClerkSubscriptionJSON = subscriptionCreated().data,
): ClerkEvent<'subscription.pastDue'> {
  const data = changed(from, { status: 'past_due' })
  return eventOf('subscription.pastDue', { ...data, past_due_at: data.updated_at ?? null })
}

// Clerk sends empty texts for what the other kind of payer has.
function payerOf(by: Payer) {
  const [first_name, last_name] = 'user_id' in by ? ['Ada', 'Lovelace'] : ['', '']
  return {
    id: newId('cpayer'),
    object: 'commerce_payer',
    first_name,
    last_name,
    email: newAddress(),
    organization_name: 'organization_id' in by ? 'Engines' : '',
    image_url: 'https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCJ9',
    user_id: '',
    organization_id: '',
    ...by,
  }
}

function itemOf(now: number): ClerkSubscriptionItemJSON {
  const plan_id = newId('cplan')
  return {
    id: newId('csub_item'),
    object: 'commerce_subscription_item',
    status: 'active',
    is_free_trial: false,
    created_at: now,
    updated_at: now,
    period_start: now,
    period_end: now + 30 * 86_400_000,
    interval: 'month',
    plan_id,
    plan: { id: plan_id, slug: 'pro', name: 'Pro', is_recurring: true, amount: 2_000, currency: 'USD' },
    subscription_id: null,
  }
}
