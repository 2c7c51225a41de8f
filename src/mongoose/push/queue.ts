import type { PushCandidate, PushClaim } from '../../store/push-store'
import type { WriteContext } from '../../store/write'
import { makeCandidate, storedValue } from '../schema/candidate'
import { externalIdPath } from '../target/owned-paths'
import {
  type AnyDoc,
  durable,
  fromPrimary,
  NOT_DELETED,
  type Target,
  toIncoming,
  valueAt,
  within,
} from '../target/target'
import { isClerkUser } from '../write/collision'
import { versionOf } from '../write/own-document'
import { leftToClerk } from './compare-owned'
import { mark } from './mark'
import { ownedValues } from './owned-values'
import { isContested } from './reverted'
import { attemptsOf, dueAt, freeAt, isOfEvent, newLease, WAITING } from './token'

/** A claim with this store's own fields. */
export interface HeldClaim extends PushClaim {
  _id: unknown
  token: string
  lease: string
  /** The stored version at the time of the claim. */
  version: Date | undefined
}

/** How many claims may fail because another worker was faster. */
const MAX_MISSES = 5

/**
 * Claims due users with one guarded write each, so that only one of several workers gets a user. Clears the mark and
 * status of documents that need no push: deleted users and local accounts.
 */
export async function claimDue(
  target: Target,
  limit: number,
  leaseMs: number,
  context: WriteContext,
): Promise<HeldClaim[]> {
  const claims: HeldClaim[] = []
  // Repeated, because documents that need no push use up the limit.
  for (let misses = 0; claims.length < limit && misses < MAX_MISSES; ) {
    const found = await findDue(target, limit - claims.length, claims, context)
    if (found.length === 0) break
    for (const doc of found) {
      const claim = needsPush(target, doc) ? await take(target, doc, leaseMs, context) : undefined
      if (claim) claims.push(claim)
      else if (needsPush(target, doc) || !(await passOver(target, doc, context))) misses++
    }
  }
  return claims
}

async function findDue(
  { model, paths }: Target,
  limit: number,
  taken: readonly HeldClaim[],
  context: WriteContext,
): Promise<AnyDoc[]> {
  const now = Date.now()
  const due = {
    ...(taken.length > 0 && { _id: { $nin: taken.map(({ _id }) => _id as never) } }),
    [paths.clerkPushToken]: dueAt(now),
    [paths.clerkPushLease]: freeAt(now),
  }
  const options = { sort: { [paths.clerkPushToken]: 1 }, limit, ...fromPrimary, ...within(context) } as const
  return model.collection.find(due, options).toArray()
}

const needsPush = (target: Target, doc: AnyDoc): boolean => isClerkUser(target, doc) && !isDeleted(target, doc)
const isDeleted = ({ paths }: Target, doc: AnyDoc) => valueAt(doc, paths.clerkDeletedAt) instanceof Date

/** Claims a user. The filter contains the token, so that the claimed values are the ones just read. */
async function take(
  target: Target,
  doc: AnyDoc,
  leaseMs: number,
  context: WriteContext,
): Promise<HeldClaim | undefined> {
  const { model, paths } = target
  const token = String(valueAt(doc, paths.clerkPushToken))
  const now = Date.now()
  const lease = newLease(now + leaseMs)
  const asRead = { _id: doc._id, [paths.clerkPushToken]: token, [paths.clerkPushLease]: freeAt(now) } as never
  const options = { ...durable, ...within(context) }
  const $set = { [paths.clerkPushLease]: lease }
  const { matchedCount } = await model.collection.updateOne(asRead, { $set } as never, options)
  if (matchedCount === 0) return undefined
  return {
    ...candidateOf(target, doc, context),
    attempts: attemptsOf(token),
    isContested: (user) => isOfEvent(token) && isContested(target, doc, user, context),
    _id: doc._id,
    token,
    lease,
    version: versionOf(target, doc),
  }
}

/** A stored user, prepared for a push. */
export function candidateOf(target: Target, doc: AnyDoc, context: WriteContext): PushCandidate {
  return {
    clerkId: String(valueAt(doc, target.idPath)),
    owned: ownedValues(target, doc),
    leftToClerk(user) {
      const left = leftToClerk(target, toIncoming(target, user, context), doc)
      // The app does not write `_id`, so an external id from another system is kept.
      return valueAt({ ...user }, 'external_id') && externalIdPath(target) === '_id' ? [...left, '_id'] : left
    },
  }
}

/** Removes the mark from a document that needs no push, and restores its status. `false` if it changed meanwhile. */
async function passOver(target: Target, doc: AnyDoc, context: WriteContext): Promise<boolean> {
  const { model, paths, idPath } = target
  const asRead = {
    _id: doc._id,
    [paths.clerkPushToken]: valueAt(doc, paths.clerkPushToken),
    [idPath]: valueAt(doc, idPath) ?? null,
  } as never
  const { $set, $unset } = statusPassedOver(target, doc)
  const update = {
    $unset: { [paths.clerkPushToken]: 1, [paths.clerkPushLease]: 1, ...$unset },
    ...($set && { $set }),
  }
  const { matchedCount } = await model.collection.updateOne(asRead, update as never, { ...durable, ...within(context) })
  return matchedCount > 0
}

function statusPassedOver(target: Target, doc: AnyDoc): { $set?: AnyDoc; $unset?: AnyDoc } {
  const { syncStatus, syncError } = target.paths
  if (isDeleted(target, doc)) return { $set: { [syncStatus]: 'error', [syncError]: 'deleted' } }
  if (valueAt(doc, syncStatus) !== 'pending') return {}
  const usual = storedValue(makeCandidate(target, []), syncStatus)
  return usual === undefined ? { $unset: { [syncStatus]: 1 } } : { $set: { [syncStatus]: usual } }
}

/** Matches Clerk users that are not deleted. */
export const liveUsers = ({ paths, idPath }: Target): AnyDoc => ({
  [idPath]: { $gt: '' },
  [paths.clerkDeletedAt]: { ...NOT_DELETED },
})

/** Counts the users with a change to push. */
export function countDue(target: Target, context: WriteContext): Promise<number> {
  const waiting = { ...liveUsers(target), [target.paths.clerkPushToken]: { ...WAITING } }
  return target.model.collection.countDocuments(waiting, { ...fromPrimary, ...within(context) })
}

/** Marks a user as due, like a local change. */
export async function markDue(target: Target, clerkId: string, context: WriteContext): Promise<boolean> {
  const own = { ...liveUsers(target), [target.idPath]: clerkId }
  const options = { ...durable, ...within(context) }
  const { matchedCount } = await target.model.collection.updateOne(own, { $set: mark(target) } as never, options)
  return matchedCount > 0
}
