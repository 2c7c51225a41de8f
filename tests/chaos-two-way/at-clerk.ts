import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { WINDOW_MS } from './faster-time'
import type { Deed, Plot } from './plot'
import { ownedLeaves } from './subject'

/** What somebody did at Clerk, that is not a worker of ours. */
interface Act {
  version: number
  /** Whether it changed something that is Clerk's, so that the app is to hear of it. */
  isNews: boolean
}

/** The Clerk of one history, and what happened there. */
export interface ClerkSide {
  clerk: FakeClerk
  /** All that ever were, in order. */
  ids: string[]
  /** Of those that are Clerk's own: what each was given last. */
  last: Map<string, Record<string, unknown>>
  acts: Map<string, Act[]>
  /** User and leaf, of what somebody took away at Clerk. */
  removed: Set<string>
  /** Called when Clerk has just made a change that a worker sent, and has not answered it yet. */
  onPushed: () => void
  pushes: number
  /** Whether somebody acts at Clerk right now, and no worker of ours. */
  isActing: boolean
  /** Messages are held back until `clerk.release()`. */
  isHolding: boolean
  /** From now on every message is delivered as it should. */
  isQuiet: boolean
}

export async function startClerk({ salt, fates }: Plot): Promise<ClerkSide> {
  let messages = 0
  const chaos = () => {
    if (!side.isActing) {
      side.pushes++
      side.onPushed()
    }
    if (side.isHolding) return { hold: true }
    return side.isQuiet ? {} : fates[messages++ % fates.length]
  }
  const clerk = await createFakeClerk({
    // What a history is about is the limit of a user, not that of the instance.
    secretKey: `sk_live_twoway${salt}`,
    rateLimit: { windowMs: WINDOW_MS },
    delivery: { schedule: [0, 50, 100, 200, 400, 800, 1_600, 3_200], chaos },
  })
  const side: ClerkSide = {
    clerk,
    ids: [],
    last: new Map(),
    acts: new Map(),
    removed: new Set(),
    onPushed: () => {},
    pushes: 0,
    isActing: false,
    isHolding: false,
    isQuiet: false,
  }
  return side
}

/** Does a deed at Clerk, as its users and the dashboard do. */
export function actAtClerk(side: ClerkSide, deed: Deed, index: number): void {
  side.isActing = true
  act(side, deed, index)
  side.isActing = false
}

function act(side: ClerkSide, deed: Deed, index: number): void {
  const { clerk, ids } = side
  if (deed.do === 'signUp') signUp(side, index, deed.has)
  if (deed.do !== 'atClerk' && deed.do !== 'meddle' && deed.do !== 'delete') return
  const id = ids[deed.who % Math.max(1, ids.length)]
  if (!id || !clerk.users.has(id)) return
  if (deed.do === 'delete') clerk.users.delete(id)
  else if (deed.do === 'meddle') {
    if (deed.isGone) side.removed.add(`${id} ${deed.leaf}`)
    note(side, id, false, meddle(clerk, id, deed, index))
  } else changeAtClerk(side, id, deed.what, index)
}

function changeAtClerk(side: ClerkSide, id: string, what: 'firstName' | 'email' | 'other', index: number): void {
  const { users } = side.clerk
  const value = what === 'email' ? `two${index}.${id.slice(-6).toLowerCase()}@example.org` : `${what} ${index}`
  side.last.set(id, { ...side.last.get(id), [what]: value })
  if (what === 'other') {
    note(side, id, false, users.mergeMetadata(id, { public_metadata: { other: value } }))
  } else {
    const changes = what === 'email' ? { email_address: value } : { first_name: value }
    note(side, id, true, users.update(id, changes))
  }
}

function signUp(side: ClerkSide, index: number, has: boolean): void {
  const email = `two${index}.${side.ids.length}@example.org`
  const user = side.clerk.users.create({
    email_address: email,
    first_name: `firstName ${index}`,
    ...(has && {
      last_name: `clerk ${index}`,
      public_metadata: { tier: `clerk ${index}`, limits: { seats: -1 }, other: `other ${index}` },
      unsafe_metadata: { theme: `clerk ${index}` },
    }),
  })
  side.ids.push(user.id)
  side.last.set(user.id, { email, firstName: `firstName ${index}`, ...(has && { other: `other ${index}` }) })
  note(side, user.id, true, user)
}

function note(side: ClerkSide, id: string, isNews: boolean, { updated_at }: { updated_at: number }): void {
  side.acts.set(id, [...(side.acts.get(id) ?? []), { version: updated_at, isNews }])
}

function meddle(clerk: FakeClerk, id: string, deed: Extract<Deed, { do: 'meddle' }>, index: number) {
  const at = deed.leaf === 'extra' ? 'public_metadata.limits.extra' : ownedLeaves[deed.leaf]
  const made = { seats: -index, regions: [`clerk ${index}`] }[at.split('.').at(-1) ?? ''] ?? `clerk ${index}`
  const value = deed.isGone ? null : made
  const body = at.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object
  return at.includes('.') ? clerk.users.mergeMetadata(id, body) : clerk.users.update(id, body)
}
