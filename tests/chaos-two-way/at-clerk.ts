import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { WINDOW_MS } from './faster-time'
import type { Action, Plot } from './plot'
import { ownedLeaves } from './subject'

/** A change at Clerk that no worker of ours made. */
interface ClerkChange {
  version: number
  /** Whether it changed a value that Clerk owns, so that a hook must run for it. */
  affectsApp: boolean
}

/** The fake Clerk of one history, and what was done there. */
export interface ClerkSide {
  clerk: FakeClerk
  /** Ids of all users ever created, oldest first. */
  ids: string[]
  /** The last value of each path that Clerk owns, by user. */
  last: Map<string, Record<string, unknown>>
  clerkChanges: Map<string, ClerkChange[]>
  /** `user leaf` of each owned value that was removed at Clerk. */
  removed: Set<string>
  /** Called after Clerk has applied the change of a worker, before it answers. */
  onPushed: () => void
  pushes: number
  /** Whether the current change is made at Clerk directly, not by a worker. */
  isDirectChange: boolean
  /** Messages are held back until `clerk.release()`. */
  isHolding: boolean
  /** From now on no message is lost, repeated, reordered or delayed. */
  isQuiet: boolean
}

export async function startClerk({ salt, fates }: Plot): Promise<ClerkSide> {
  let messages = 0
  const chaos = () => {
    if (!side.isDirectChange) {
      side.pushes++
      side.onPushed()
    }
    if (side.isHolding) return { hold: true }
    return side.isQuiet ? {} : fates[messages++ % fates.length]
  }
  const clerk = await createFakeClerk({
    // Production key: the rate limit per user is tested here, not the one of the instance.
    secretKey: `sk_live_twoway${salt}`,
    rateLimit: { windowMs: WINDOW_MS },
    delivery: { schedule: [0, 50, 100, 200, 400, 800, 1_600, 3_200], chaos },
  })
  const side: ClerkSide = {
    clerk,
    ids: [],
    last: new Map(),
    clerkChanges: new Map(),
    removed: new Set(),
    onPushed: () => {},
    pushes: 0,
    isDirectChange: false,
    isHolding: false,
    isQuiet: false,
  }
  return side
}

/** Applies an action at Clerk, as its users and the dashboard do. */
export function actAtClerk(side: ClerkSide, action: Action, index: number): void {
  side.isDirectChange = true
  act(side, action, index)
  side.isDirectChange = false
}

function act(side: ClerkSide, action: Action, index: number): void {
  const { clerk, ids } = side
  if (action.do === 'signUp') signUp(side, index, action.has)
  if (action.do !== 'atClerk' && action.do !== 'overrideOwned' && action.do !== 'delete') return
  const id = ids[action.who % Math.max(1, ids.length)]
  if (!id || !clerk.users.has(id)) return
  if (action.do === 'delete') clerk.users.delete(id)
  else if (action.do === 'overrideOwned') {
    if (action.isRemoval) side.removed.add(`${id} ${action.leaf}`)
    note(side, id, false, overrideOwned(clerk, id, action, index))
  } else changeAtClerk(side, id, action.what, index)
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

function note(side: ClerkSide, id: string, affectsApp: boolean, { updated_at }: { updated_at: number }): void {
  side.clerkChanges.set(id, [...(side.clerkChanges.get(id) ?? []), { version: updated_at, affectsApp }])
}

function overrideOwned(clerk: FakeClerk, id: string, action: Extract<Action, { do: 'overrideOwned' }>, index: number) {
  const at = action.leaf === 'extra' ? 'public_metadata.limits.extra' : ownedLeaves[action.leaf]
  const made = { seats: -index, regions: [`clerk ${index}`] }[at.split('.').at(-1) ?? ''] ?? `clerk ${index}`
  const value = action.isRemoval ? null : made
  const body = at.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object
  return at.includes('.') ? clerk.users.mergeMetadata(id, body) : clerk.users.update(id, body)
}
