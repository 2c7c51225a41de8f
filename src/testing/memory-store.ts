import { ClerkSyncError } from '../errors'
import { type ClerkUserJSON, isClerkId } from '../events/events'
import { runHostCode } from '../host/host-code'
import { callMap, clerkUserJSON, mapClerkUser, resourceVersion } from '../map/map-clerk-user'
import type { ClerkStore } from '../store/clerk-store'
import type {
  Changes,
  ClerkUserInput,
  FinishedHook,
  HookMarks,
  MappedFields,
  WriteContext,
  WriteResult,
} from '../store/write'

/** A user in the memory store. */
export interface MemoryUser extends MappedFields {
  clerkId: string
  authProvider: 'clerk'
  syncStatus: 'active' | 'error'
  /** `deleted` for users deleted in Clerk. */
  syncError?: string
  lastClerkSync: Date
  /** Version of the stored state. */
  clerkUpdatedAt: Date
  /** When the user was deleted in Clerk. */
  clerkDeletedAt?: Date
}

/** A store in memory, with access to its users. */
export interface MemoryStore extends ClerkStore<MemoryUser> {
  /** All users by Clerk id, soft-deleted ones included. */
  readonly users: ReadonlyMap<string, MemoryUser>
}

/**
 * Creates a store without a database, to test what an app builds around the handler. Order, ties, finality and
 * `onDelete` work as in the mongoose store. It has no unique indexes, and so no conflicts and no linking.
 *
 * @example
 * const store = createMemoryStore()
 * const clerkSync = createClerkSync({ users: store })
 */
export function createMemoryStore(): MemoryStore {
  const users = new Map<string, MemoryUser>()
  const tombstones = new Set<string>()
  const onDeleteDue = new Set<string>()
  const hooksDue = new Map<string, Set<string>>()
  const due = (clerkId: string) => [...(hooksDue.get(clerkId) ?? [])]
  const leave = (clerkId: string, { message, pendingType }: HookMarks = {}, isNew: boolean) => {
    const marks = [message, isNew ? pendingType : undefined].filter((mark) => mark !== undefined)
    hooksDue.set(clerkId, new Set([...due(clerkId), ...marks]))
  }

  /** Whether this state is already stored, so that a redelivered tie leaves no new mark. */
  function isStored(user: ClerkUserJSON, { eventAt, mapUser = mapClerkUser }: WriteContext): boolean {
    const known = users.get(user.id)
    return (
      known?.clerkUpdatedAt.getTime() === resourceVersion(user, eventAt) &&
      holds(known, callMap('mapUser', mapUser, user, mapClerkUser))
    )
  }

  async function upsertFromClerk(input: ClerkUserInput, context: WriteContext = {}): Promise<WriteResult> {
    const user = clerkUserJSON(input)
    const clerkId = user.id
    const at = resourceVersion(user, context.eventAt)
    const known = users.get(clerkId)
    const ahead = known ? at - known.clerkUpdatedAt.getTime() : 1
    if (tombstones.has(clerkId) || ahead < 0) return { outcome: 'stale', clerkId, due: due(clerkId) }
    const mapped = callMap('mapUser', context.mapUser ?? mapClerkUser, user, mapClerkUser)
    if (known && ahead === 0 && !context.fromApi) {
      if (holds(known, mapped)) return { outcome: 'duplicate', clerkId, due: due(clerkId) }
      // Two events have the same version and different values: Clerk decides.
      const fresh = await context.fetchUser?.(clerkId, context.deadline)
      const isAhead = fresh && resourceVersion(fresh, context.eventAt) > at
      if (!fresh || isAhead || isStored(fresh, context)) return { outcome: 'stale', clerkId, due: due(clerkId) }
      const { marks: _, ...unmarked } = context
      const isFinished = await context.isFinished?.()
      return upsertFromClerk(fresh, { ...(isFinished ? unmarked : context), fromApi: true })
    }
    users.set(clerkId, { ...merged(known, mapped), ...activeMarks(at), clerkId })
    leave(clerkId, context.marks, !known)
    const changes = context.changes ? changesBetween(known, mapped) : undefined
    return { outcome: known ? 'updated' : 'created', clerkId, due: due(clerkId), ...(changes && { changes }) }
  }

  async function deleteFromClerk(clerkId: string, context: WriteContext = {}): Promise<WriteResult> {
    if (!isClerkId(clerkId)) {
      throw new ClerkSyncError('invalid_clerk_user', 'deleteFromClerk needs the id of a Clerk user.')
    }
    const { onDelete = 'soft' } = context
    const isFirstDeletion = !tombstones.has(clerkId)
    const { message, pendingType = message === undefined ? 'user.deleted' : undefined } = context.marks ?? {}
    if (isFirstDeletion) leave(clerkId, { ...(message && { message }), ...(pendingType && { pendingType }) }, true)
    if (isFirstDeletion) onDeleteDue.add(clerkId)
    tombstones.add(clerkId)
    const user = users.get(clerkId)
    if (onDelete === 'hard') users.delete(clerkId)
    else if (user && (isFirstDeletion || onDelete === 'anonymize')) users.set(clerkId, deletedUser(user, context))
    const deleted = users.get(clerkId)
    if (typeof onDelete === 'function' && deleted && onDeleteDue.has(clerkId)) {
      const doc = { ...deleted, _id: clerkId, get: (path: string) => deleted[path] }
      await runHostCode('onDelete', undefined, () => onDelete(doc, { clerkId, messageId: context.messageId }))
      onDeleteDue.delete(clerkId)
    }
    return { outcome: isFirstDeletion ? 'deleted' : 'duplicate', clerkId, due: due(clerkId) }
  }

  async function clearHookMarks(clerkId: string, { message, pendingType }: FinishedHook): Promise<void> {
    for (const mark of [message, pendingType]) if (mark !== undefined) hooksDue.get(clerkId)?.delete(mark)
  }

  const location = async () => ({ server: 'memory', database: 'memory', collection: 'users' })
  const findByClerkId = async (clerkId: string | null | undefined) => users.get(clerkId ?? '') ?? null
  return { users, upsertFromClerk, deleteFromClerk, clearHookMarks, findByClerkId, location }
}

const activeMarks = (at: number) =>
  ({ authProvider: 'clerk', syncStatus: 'active', lastClerkSync: new Date(), clerkUpdatedAt: new Date(at) }) as const

function deletedUser(user: MemoryUser, { onDelete, eventAt = Date.now() }: WriteContext): MemoryUser {
  const { clerkId, authProvider, clerkUpdatedAt } = user
  const kept = onDelete === 'anonymize' ? { clerkId, authProvider, clerkUpdatedAt } : user
  const marks = { syncStatus: 'error', syncError: 'deleted', lastClerkSync: new Date() } as const
  return { ...kept, ...marks, clerkDeletedAt: user.clerkDeletedAt ?? new Date(eventAt) }
}

/** Unsets values that Clerk no longer has, and keeps unmapped paths. */
function merged(known: MemoryUser | undefined, mapped: MappedFields): MappedFields {
  return Object.fromEntries(Object.entries({ ...known, ...mapped }).filter(([, value]) => value != null))
}

function holds(known: MemoryUser, mapped: MappedFields): boolean {
  const text = (value: unknown) => JSON.stringify(value ?? null)
  return Object.entries(mapped).every(([path, value]) => text(known[path]) === text(value))
}

function changesBetween(known: MemoryUser | undefined, mapped: MappedFields): Changes {
  const pairs = Object.entries(mapped).map(
    ([path, after]) => [path, { before: known?.[path], after: after ?? undefined }] as const,
  )
  return Object.fromEntries(pairs.filter(([, { before, after }]) => JSON.stringify(before) !== JSON.stringify(after)))
}
