import type { ClerkUserJSON } from '../../events/events'
import type { PushSeen } from '../../store/push-store'
import type { WriteContext } from '../../store/write'
import { toIncoming } from '../entity/user'
import { type AnyDoc, canonical, resolveRules, type Target, valueAt } from '../target/target'
import { hashOf } from '../write/fingerprints'

/**
 * Clerk had another value than the last one pushed, although the app had not written since, and it was pushed again.
 */
interface Reverted {
  at: Date
  /** A hash of Clerk's value. */
  value: string
}

/** How often one value may return before another system is assumed to write it on purpose. */
const SAME = 3
/** The same for values that differ each time. A person who tries things out stays below this. */
const ANY = 10
/** Earlier reverts no longer count after this time without another one. */
const FORGOTTEN_MS = 24 * 60 * 60 * 1000

/**
 * Whether another system keeps writing the values that MongoDB owns in Clerk, so that pushing again would never end.
 */
export function isContested(target: Target, doc: AnyDoc, user: ClerkUserJSON, context: WriteContext): boolean {
  const reverted = recent(target, doc)
  const value = ownedAtClerk(target, user, context)
  return reverted.length >= ANY || reverted.filter((one) => one.value === value).length >= SAME
}

/** What the document records after a push that an event caused. */
export function noteReverted(
  target: Target,
  doc: AnyDoc,
  { before, answers }: PushSeen,
  context: WriteContext,
): { $set: AnyDoc; $unset: AnyDoc } {
  const last = answers.at(-1)
  const value = ownedAtClerk(target, before, context)
  // A value that Clerk normalizes stays the same after the push, and was not reverted.
  if (!last || ownedAtClerk(target, last, context) === value) return { $set: {}, $unset: {} }
  const reverted = [...recent(target, doc), { at: new Date(), value }].slice(-ANY)
  return { $set: { [target.paths.clerkPushReverted]: reverted }, $unset: {} }
}

function recent({ paths }: Target, doc: AnyDoc): Reverted[] {
  const noted = valueAt(doc, paths.clerkPushReverted)
  const reverted = Array.isArray(noted) ? noted.filter((one): one is Reverted => one?.at instanceof Date) : []
  const last = reverted.at(-1)
  return last && Date.now() - last.at.getTime() < FORGOTTEN_MS ? reverted : []
}

function ownedAtClerk(target: Target, user: ClerkUserJSON, context: WriteContext): string {
  const { onInsert } = toIncoming(target, user, resolveRules(target, context), context)
  return hashOf(canonical(onInsert))
}
