import { ClerkSyncError } from '../../errors'
import type { ClerkResourceJSON } from '../../events/events'
import { resourceVersion } from '../../map/map-clerk-user'
import { type ClaimOutcome, isPushError, type PushSeen } from '../../store/push-store'
import type { WriteContext } from '../../store/write'
import { withoutEmpty } from '../command/send'
import { type AnyDoc, durable, fromPrimary, type Target, toIncoming, valueAt, within } from '../target/target'
import { holdsSame } from '../write/compare-stored'
import { movedFingerprints } from '../write/fingerprints'
import { versionOf } from '../write/own-document'
import { wouldTake } from './compare-owned'
import { mark } from './mark'
import { isSameBeside } from './owned-values'
import { MAX_PUSHED, pushedVersions } from './pushed-versions'
import type { HeldClaim } from './queue'
import { recordReverted } from './reverted'
import { isOfEvent, tokenOfEvent } from './token'

interface Update {
  $set: AnyDoc
  $unset: AnyDoc
}

/** How often a claim is ended again because the document changed after it was read. */
const MAX_ROUNDS = 6

/**
 * Ends a claim whose user has the same values in Clerk, with a read and one write guarded by the values read.
 * @throws {ClerkSyncError} `contention` after six rounds; the lease expires and the push is repeated.
 */
export function completeClaim(
  target: Target,
  claim: HeldClaim,
  seen: PushSeen,
  context: WriteContext,
): Promise<ClaimOutcome> {
  const inStep = (doc: AnyDoc) => {
    const { syncStatus, syncError, clerkPushToken, clerkPushReverted } = target.paths
    const error = valueAt(doc, syncError)
    const status: Update =
      error === undefined || error === null || isPushError(error)
        ? { $set: { [syncStatus]: 'active' }, $unset: { [syncError]: 1 } }
        : { $set: { [syncStatus]: 'error' }, $unset: {} }
    const reverted = isOfEvent(claim.token)
      ? recordReverted(target, doc, seen, context)
      : { $set: {}, $unset: { [clerkPushReverted]: 1 } }
    if (isOvertaken(target, doc, claim, seen))
      return merge([reverted, { $set: mark(target, tokenOfEvent()), $unset: {} }])
    return merge([status, reverted, { $set: {}, $unset: { [clerkPushToken]: 1 } }])
  }
  return endClaim(target, claim, inStep, (doc) => versionAfter(target, doc, seen, context), seen, context)
}

/**
 * Whether an event with a newer version than the one seen in Clerk was applied meanwhile. While the mark was pending, its
 * owned values were not compared, so Clerk must be read again.
 */
function isOvertaken(target: Target, doc: AnyDoc, claim: HeldClaim, { before, answers }: PushSeen): boolean {
  const stored = versionOf(target, doc)
  if (!stored || stored.getTime() === claim.version?.getTime()) return false
  return stored > versionAt(answers.at(-1) ?? before)
}

/**
 * Ends a claim whose user has other values in Clerk.
 * @param change The fields to set instead of removing the mark.
 */
export async function leaveClaim(
  target: Target,
  claim: HeldClaim,
  change: AnyDoc,
  seen: PushSeen | undefined,
  context: WriteContext,
): Promise<void> {
  const version = (doc: AnyDoc) => (seen ? remember(target, doc, seen) : { $set: {}, $unset: {} })
  await endClaim(target, claim, () => ({ $set: change, $unset: {} }), version, seen, context)
}

async function endClaim(
  target: Target,
  claim: HeldClaim,
  end: (doc: AnyDoc) => Update,
  version: (doc: AnyDoc) => Update,
  seen: PushSeen | undefined,
  context: WriteContext,
): Promise<ClaimOutcome> {
  const { model, paths } = target
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const doc = await model.collection.findOne({ _id: claim._id } as never, { ...fromPrimary, ...within(context) })
    if (!doc || valueAt(doc, paths.clerkDeletedAt) instanceof Date) return 'lost'
    const isMine = valueAt(doc, paths.clerkPushLease) === claim.lease
    const isSame = valueAt(doc, paths.clerkPushToken) === claim.token
    if (!isMine && !seen?.answers.length) return 'lost'
    const updates: Update[] = [version(doc)]
    if (isMine) updates.push({ $set: {}, $unset: { [paths.clerkPushLease]: 1 } })
    // Our lease expired, and another worker may have pushed. The user is marked due, so that values are compared again.
    else updates.push({ $set: mark(target), $unset: {} })
    if (isMine && isSame) updates.push(end(doc))
    const decidedBy = [paths.clerkPushToken, paths.clerkPushLease, paths.clerkUpdatedAt, paths.syncError]
    const asRead = { _id: doc._id, ...Object.fromEntries(decidedBy.map((path) => [path, valueAt(doc, path) ?? null])) }
    const options = { ...durable, ...within(context) }
    const update = merge(updates)
    const { matchedCount } = await model.collection.updateOne(asRead as never, withoutEmpty(update), options)
    const isEnded = isSame && update.$set[paths.clerkPushToken] === undefined
    if (matchedCount > 0) return isMine ? (isEnded ? 'completed' : 'changed') : 'lost'
  }
  throw new ClerkSyncError('contention', 'The document kept changing during its push. It will be pushed again.')
}

const merge = (updates: readonly Update[]): Update => ({
  $set: Object.assign({}, ...updates.map(({ $set }) => $set)) as AnyDoc,
  $unset: Object.assign({}, ...updates.map(({ $unset }) => $unset)) as AnyDoc,
})

/**
 * Updates the stored version after a push. If nothing else changed, it becomes that of Clerk's last response, and the
 * push's own events are outdated when they arrive. Otherwise the event of the other change must still be applied, with
 * its hook: the version stays, and the responses' versions are recorded to recognize the push's own events.
 */
function versionAfter(target: Target, doc: AnyDoc, seen: PushSeen, context: WriteContext): Update {
  const { before, answers } = seen
  const last = answers.at(-1)
  const stored = versionOf(target, doc)
  const { clerkUpdatedAt, clerkPushedVersions } = target.paths
  const isAlone = last && stored && stored >= versionAt(before) && isSameBeside(target, before, last)
  if (!isAlone) return remember(target, doc, seen)
  const incoming = toIncoming(target, last, context)
  // Clerk's other values are those of the stored version, whose fingerprints identify encrypted values.
  const asStored = { ...incoming, at: stored }
  const isInStep = holdsSame(target, asStored, doc) && !wouldTake(target, incoming, doc)
  if (incoming.at <= stored || !isInStep) return remember(target, doc, seen)
  const $set = { [clerkUpdatedAt]: incoming.at, ...movedFingerprints(target, doc, incoming.at) }
  return { $set, $unset: { [clerkPushedVersions]: 1 } }
}

/**
 * Records the versions that differ from the state before the push only in our values, so that their events change
 * nothing.
 */
function remember(target: Target, doc: AnyDoc, { before, answers }: PushSeen): Update {
  const earlier = pushedVersions(target, doc)
  // The state before the push may be the result of an earlier push whose event has not arrived.
  const from = earlier.find(({ at }) => at.getTime() === versionAt(before).getTime())?.from ?? versionAt(before)
  const ours = answers.filter((answer) => isSameBeside(target, before, answer))
  if (ours.length === 0) return { $set: {}, $unset: {} }
  const stored = versionOf(target, doc)
  const noted = [...earlier, ...ours.map((answer) => ({ at: versionAt(answer), from }))]
  const ahead = noted.filter(({ at }) => !stored || at > stored).slice(-MAX_PUSHED)
  return { $set: { [target.paths.clerkPushedVersions]: ahead }, $unset: {} }
}

const versionAt = (json: ClerkResourceJSON): Date => new Date(resourceVersion(json, undefined))
