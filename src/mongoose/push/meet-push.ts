import type { WriteContext } from '../../store/write'
import { canonical } from '../target/canonical'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import { type Concessions, holdsSame, type Incoming } from '../write/incoming'
import { lookAtOwn, type Standing, showsConflict, versionOf } from '../write/own-document'
import { meetOwned } from './meet-owned'
import { pushedVersions } from './pushed-versions'
import { isHeld } from './token'

/** How long an event with a hook waits for a push that is just being sent, so that its own echo is not taken for news. */
const PATIENCE_MS = 2_000
const PAUSE_MS = 50

/**
 * Looks at the own document, and once more while it is being pushed. What comes back to us before Clerk has answered cannot be
 * told from a change of somebody else's: only the answer says its version. So a hook that may be one too many waits a little for
 * it; then it runs, since a hook is rather run twice than never.
 */
export async function lookBeyondPush(target: Target, incoming: Incoming, context: WriteContext): Promise<Standing> {
  const until = Math.min(Date.now() + PATIENCE_MS, (context.deadline ?? Number.POSITIVE_INFINITY) - PATIENCE_MS)
  for (;;) {
    const standing = await lookAtOwn(target, incoming, context)
    const isAtStake = standing.kind === 'behind' && !incoming.fromApi && context.marks?.hasHooks === true
    if (!isAtStake || !isHeld(valueAt(standing.doc, target.paths.clerkPushLease)) || Date.now() >= until)
      return standing
    await new Promise((resume) => setTimeout(resume, PAUSE_MS))
  }
}

interface Write {
  target: Target
  incoming: Incoming
  concessions: Concessions
}

/** Fits a write that missed to what the document says of pushes; `false`: that is not why it missed. */
export function adaptToPush({ target, incoming, concessions }: Write, standing: Standing): boolean {
  if (!target.options.push) return false
  if (standing.kind !== 'behind') return false
  const { doc } = standing
  const { clerkPushToken } = target.paths
  const isPending = Boolean(valueAt(doc, clerkPushToken))
  const stored = versionOf(target, doc)
  const ours = pushedVersions(target, doc).find(({ at }) => at.getTime() === incoming.at.getTime())
  // What changed at Clerk beside may have its own event overtaken by this one, and then this one's hook stands for both.
  const isNoNews = ours && stored && stored >= ours.from && holdsSame(target, { ...incoming, at: stored }, doc)
  const echo = !ours || incoming.fromApi ? 'perhaps' : isNoNews ? 'yes' : 'no'
  const { differs, taken } = meetOwned(target, incoming, doc, concessions.unfit)
  const owned = isPending ? 'perhaps' : differs ? 'differs' : 'same'
  const isKnown = isPending === concessions.isPending && echo === concessions.echo && owned === concessions.owned
  if (isKnown && isSameReading(taken, concessions.taken)) return false
  Object.assign(concessions, { isPending, echo, owned, taken, endsConflict: showsConflict(target, doc) })
  return true
}

const isSameReading = (one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean =>
  canonical(new Map(one)) === canonical(new Map(other))

/** What is taken of Clerk's when a local account becomes its user's document. */
export function linkTo({ target, incoming, concessions }: Write, local: AnyDoc): void {
  const { taken } = meetOwned(target, incoming, local, concessions.unfit)
  Object.assign(concessions, { linkTo: local, taken })
}
