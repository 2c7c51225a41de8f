import type { WriteContext } from '../../store/write'
import { canonical } from '../target/canonical'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import { type Concessions, holdsSame, type Incoming } from '../write/incoming'
import { lookAtOwn, type Standing, showsConflict, versionOf } from '../write/own-document'
import { meetOwned } from './meet-owned'
import { pushedVersions } from './pushed-versions'
import { isHeld } from './token'

/**
 * How long an event with a hook waits for a push in progress, in milliseconds, so that its echo is not mistaken for a
 * change.
 */
const PATIENCE_MS = 2_000
const PAUSE_MS = 50

/**
 * Reads the user's document, repeatedly while it is being pushed. Until Clerk answers with the new version, the echo of
 * a push looks like a change by another system. An event whose hook might be superfluous therefore waits briefly for
 * that answer. After that the hook runs, because running it twice is better than not at all.
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

/** Adapts a write that matched nothing to the document's push state. `false` if that was not the reason. */
export function adaptToPush({ target, incoming, concessions }: Write, standing: Standing): boolean {
  if (!target.options.push) return false
  if (standing.kind !== 'behind') return false
  const { doc } = standing
  const { clerkPushToken } = target.paths
  const isPending = Boolean(valueAt(doc, clerkPushToken))
  const stored = versionOf(target, doc)
  const ours = pushedVersions(target, doc).find(({ at }) => at.getTime() === incoming.at.getTime())
  // This event may have overtaken the event of another change in Clerk; then this event's hook covers both.
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

/** Sets the local account to link, and the owned values to take from Clerk. */
export function linkTo({ target, incoming, concessions }: Write, local: AnyDoc): void {
  const { taken } = meetOwned(target, incoming, local, concessions.unfit)
  Object.assign(concessions, { linkTo: local, taken })
}
