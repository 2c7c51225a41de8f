import type { ClerkUserJSON } from '../../events/events'
import type { PushSeen } from '../../store/push-store'
import type { WriteContext } from '../../store/write'
import { canonical } from '../target/canonical'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import { hashOf } from '../write/fingerprints'
import { resolveRules, toIncoming } from '../write/upsert'

/** That Clerk had another value than the one pushed last, although the app had written nothing since, and was given ours again. */
interface Reverted {
  at: Date
  /** Tells apart what Clerk had; a hash. */
  value: string
}

/** The same value so often, and somebody else means it. */
const SAME = 3
/** Values that differ each time. One person who tries things out stays below. */
const ANY = 10
/** Without another one for that long, it is over. */
const FORGOTTEN_MS = 24 * 60 * 60 * 1000

/** Whether somebody else keeps writing at Clerk what MongoDB owns, so that pushing it once more would go on for ever. */
export function isContested(target: Target, doc: AnyDoc, user: ClerkUserJSON, context: WriteContext): boolean {
  const reverted = recent(target, doc)
  const value = ownedAtClerk(target, user, context)
  return reverted.length >= ANY || reverted.filter((one) => one.value === value).length >= SAME
}

/** What the document is to remember once a push that an event asked for has been made. */
export function noteReverted(
  target: Target,
  doc: AnyDoc,
  { before, answers }: PushSeen,
  context: WriteContext,
): { $set: AnyDoc; $unset: AnyDoc } {
  const last = answers.at(-1)
  const value = ownedAtClerk(target, before, context)
  // What Clerk keeps in a form of its own is the same after the push, and nobody's doing.
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
