import { randomUUID } from 'node:crypto'
import type { ClerkUserJSON, ClerkWebhookEvent } from 'clerk-mongo-sync'
import { fixtures, type SignedDelivery, signClerkWebhook } from 'clerk-mongo-sync/testing'

/** What a delivery is to a database in which the earlier ones were applied. */
export type Kind = 'created' | 'updated' | 'stale' | 'duplicate' | 'deleted' | 'forged'
/**
 * A stretch of deliveries that is measured. `mixed`: of twenty 13 updated, four created, and one of each other kind. `forged`:
 * updates that are signed with another secret.
 */
export type Phase = Kind | 'mixed'

/** In this order each phase finds what the earlier ones left. */
export const phases: readonly Phase[] = ['created', 'updated', 'stale', 'duplicate', 'mixed', 'deleted', 'forged']

export interface Delivery extends SignedDelivery {
  /** The outcome that the library answers with. */
  kind: Kind
}

/** The status of the answer to a delivery. */
export const statusOf = ({ kind }: Delivery): number => (kind === 'forged' ? 400 : 200)

export const signingSecret = `whsec_${Buffer.from('a secret of thirty-two bytes, fixed').toString('base64')}`
const otherSecret = `whsec_${Buffer.from('another secret of thirty-two bytes').toString('base64')}`

/** Signs the deliveries of so many users' lives, phase by phase, each with an id of its own but for the duplicates. */
export function makeLives(users: number): Map<Phase, Delivery[]> {
  const first = Array.from({ length: users }, makeUser)
  const second = first.map((user, i) => fixtures.changedUser(user, { first_name: `Second ${i}` }))
  const created = first.map((user) => sign('created', fixtures.userCreated(user)))
  const updated = second.map((user) => sign('updated', updateTo(user)))
  const mixed = second.map((user, i) => {
    const place = i % 20
    if (place < 4) return sign('created', fixtures.userCreated(makeUser()))
    if (place === 4) return sign('stale', updateTo(first[i] as ClerkUserJSON))
    if (place === 5) return { ...(updated[i] as Delivery), kind: 'duplicate' as const }
    if (place === 6) return sign('deleted', fixtures.userDeleted(user))
    return sign('updated', updateTo(fixtures.changedUser(user, { first_name: `Third ${i}` })))
  })
  return new Map<Phase, Delivery[]>([
    ['created', created],
    ['updated', updated],
    ['stale', first.map((user) => sign('stale', updateTo(user)))],
    ['duplicate', updated.map((one) => ({ ...one, kind: 'duplicate' as const }))],
    ['mixed', mixed],
    ['deleted', second.filter((_, i) => i % 20 !== 6).map((user) => sign('deleted', fixtures.userDeleted(user)))],
    ['forged', second.map((user) => sign('forged', updateTo(user), otherSecret))],
  ])
}

const sign = (kind: Kind, event: ClerkWebhookEvent, secret = signingSecret): Delivery => ({
  kind,
  ...signClerkWebhook(event, { signingSecret: secret }),
})

/** A `user.updated` event with exactly this user. */
const updateTo = (user: ClerkUserJSON) => ({ ...fixtures.userCreated(user), type: 'user.updated' as const })

/** A user with a Google account and metadata, whose JSON has the size of most users' in production: 2.8 KB. */
function makeUser(): ClerkUserJSON {
  const plan = { plan: 'team', seats: 12, roles: ['editor', 'billing'], onboarding: { done: true, step: 4 } }
  const preferences = { theme: 'dark', locale: 'en-GB', beta: true, digest: 'weekly', landing: '/projects/recent' }
  const metadata = {
    public_metadata: plan,
    unsafe_metadata: preferences,
    private_metadata: { crm: 'contact-20318', tier: 2 },
  }
  // Unlike those of the fixtures, unique among several processes.
  const username = randomUUID()
  return fixtures.oauthUser({ username, email: `${username}@example.com`, ...metadata })
}
