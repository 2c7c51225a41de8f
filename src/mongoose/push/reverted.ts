import type { ClerkResourceJSON } from '../../events/events'
import type { PushSeen } from '../../store/push-store'
import type { WriteContext } from '../../store/write'
import { type AnyDoc, canonical, type Target, toIncoming, valueAt } from '../target/target'
import { hashOf } from '../write/fingerprints'

/**
 * A push that was repeated because another system had replaced the pushed value in Clerk.
 */
interface Reverted {
  at: Date
  /** A hash of Clerk's value. */
  value: string
}

/** How often another system may write the same value before pushes stop. */
const SAME = 3
/** The same for any values. Higher, because a person who tries different values is no second system. */
const ANY = 10
/** Reverts no longer count this long after the last one. */
const EXPIRE_MS = 24 * 60 * 60 * 1000

/**
 * Whether another system keeps replacing the values that MongoDB owns in Clerk, so that pushes would never end.
 */
export function isContested(target: Target, doc: AnyDoc, user: ClerkResourceJSON, context: WriteContext): boolean {
  const reverted = recent(target, doc)
  const value = ownedAtClerk(target, user, context)
  return reverted.length >= ANY || reverted.filter((one) => one.value === value).length >= SAME
}

/** The update that records a revert, after a push that an event caused. */
export function recordReverted(
  target: Target,
  doc: AnyDoc,
  { before, answers }: PushSeen,
  context: WriteContext,
): { $set: AnyDoc; $unset: AnyDoc } {
  const last = answers.at(-1)
  const value = ownedAtClerk(target, before, context)
  // A value that Clerk normalizes is the same after the push. It was not reverted.
  if (!last || ownedAtClerk(target, last, context) === value) return { $set: {}, $unset: {} }
  const reverted = [...recent(target, doc), { at: new Date(), value }].slice(-ANY)
  return { $set: { [target.paths.clerkPushReverted]: reverted }, $unset: {} }
}

function recent({ paths }: Target, doc: AnyDoc): Reverted[] {
  const noted = valueAt(doc, paths.clerkPushReverted)
  const reverted = Array.isArray(noted) ? noted.filter((one): one is Reverted => one?.at instanceof Date) : []
  const last = reverted.at(-1)
  return last && Date.now() - last.at.getTime() < EXPIRE_MS ? reverted : []
}

function ownedAtClerk(target: Target, user: ClerkResourceJSON, context: WriteContext): string {
  const { onInsert } = toIncoming(target, user, context)
  return hashOf(canonical(onInsert))
}
