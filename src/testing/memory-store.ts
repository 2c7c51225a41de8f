import { clerkUserJSON, userVersion } from '../map/clerk-user-json'
import { mapClerkUser } from '../map/map-clerk-user'
import type { ClerkStore, ClerkUserInput, MappedUser, WriteContext, WriteResult } from '../store'

/** What the memory store keeps of a user. */
export interface MemoryUser extends MappedUser {
  clerkId: string
  clerkUpdatedAt: Date
  clerkDeletedAt?: Date
  syncStatus: 'active' | 'error'
}

export interface MemoryStore extends ClerkStore<MemoryUser> {
  /** All users by Clerk id, soft-deleted ones included. */
  readonly users: ReadonlyMap<string, MemoryUser>
}

/**
 * A store without a database, for testing what a host builds around the handler. Order and finality are those of the real
 * one; unique indexes, and so conflicts and linking, it does not have.
 */
export function createMemoryStore(): MemoryStore {
  const users = new Map<string, MemoryUser>()
  const tombstones = new Set<string>()

  async function upsertFromClerk(input: ClerkUserInput, context: WriteContext = {}): Promise<WriteResult> {
    const user = clerkUserJSON(input)
    const clerkId = user.id
    const at = userVersion(user, context.eventAt)
    const known = users.get(clerkId)
    const behind = known ? at - known.clerkUpdatedAt.getTime() : 1
    if (tombstones.has(clerkId) || behind < 0) return { outcome: 'stale', clerkId }
    if (behind === 0 && !context.truth) return { outcome: 'duplicate', clerkId }
    const fields = (context.mapUser ?? mapClerkUser)(user)
    users.set(clerkId, { ...known, ...fields, clerkId, clerkUpdatedAt: new Date(at), syncStatus: 'active' })
    return { outcome: known ? 'updated' : 'created', clerkId }
  }

  async function deleteFromClerk(clerkId: string, context: WriteContext = {}): Promise<WriteResult> {
    const outcome = tombstones.has(clerkId) ? 'duplicate' : 'deleted'
    tombstones.add(clerkId)
    const user = users.get(clerkId)
    if (context.onDelete === 'hard') users.delete(clerkId)
    else if (user)
      users.set(clerkId, { ...user, clerkDeletedAt: user.clerkDeletedAt ?? new Date(), syncStatus: 'error' })
    return { outcome, clerkId }
  }

  return { users, upsertFromClerk, deleteFromClerk, findByClerkId: async (clerkId) => users.get(clerkId ?? '') ?? null }
}
