import type { WriteContext } from '../../store/write'
import type { Incoming } from '../target/incoming'
import { type AnyDoc, canonical, type Target, valueAt } from '../target/target'
import { holdsSame } from '../write/compare-stored'
import { lookAtOwn, type Standing, showsConflict, versionOf } from '../write/own-document'
import type { PushReading, RetryState } from '../write/retry-state'
import { compareOwned } from './compare-owned'
import { pushedVersions } from './pushed-versions'
import { isHeld } from './token'

/**
 * How long an event with a hook waits for a push in progress, in milliseconds, so that the push's own event is not taken
 * for a change.
 */
const MAX_WAIT_MS = 2_000
const PAUSE_MS = 50

/**
 * Reads the user's document, and again while the user is being pushed. Until Clerk's response has the new version, the
 * push's own event looks like a change by another system. An event whose hook may be unnecessary therefore waits a short
 * time for that response. After it the hook runs, because a hook that runs twice is better than one that never runs.
 */
export async function readAfterPush(target: Target, incoming: Incoming, context: WriteContext): Promise<Standing> {
  const until = Math.min(Date.now() + MAX_WAIT_MS, (context.deadline ?? Number.POSITIVE_INFINITY) - MAX_WAIT_MS)
  for (;;) {
    const standing = await lookAtOwn(target, incoming, context)
    const mayBeEcho = standing.kind === 'behind' && !incoming.fromApi && context.marks?.hasHooks === true
    if (!mayBeEcho || !isHeld(valueAt(standing.doc, target.paths.clerkPushLease)) || Date.now() >= until)
      return standing
    await new Promise((resume) => setTimeout(resume, PAUSE_MS))
  }
}

/**
 * Returns the state for the next round of a write that matched nothing because of a push; `undefined` if a push was not
 * the reason.
 */
export function adaptToPush(
  target: Target,
  incoming: Incoming,
  state: RetryState,
  standing: Standing,
): RetryState | undefined {
  if (standing.kind !== 'behind') return undefined
  const { doc } = standing
  const { taken, differs } = compareOwned(target, incoming, doc, state.unfit)
  const isPending = Boolean(valueAt(doc, target.paths.clerkPushToken))
  const push: PushReading = {
    isPending,
    ...echoOf(target, incoming, doc),
    // A pending change is pushed anyway.
    differs: differs && !isPending,
    endsConflict: showsConflict(target, doc),
  }
  const isKnown = canonical([push, new Map(taken)]) === canonical([state.push, new Map(state.taken)])
  return isKnown ? undefined : state.with({ push, taken })
}

/** Whether our own push created the event's version, and whether the event then changes nothing. */
function echoOf(target: Target, incoming: Incoming, doc: AnyDoc): Pick<PushReading, 'isOwnVersion' | 'isEcho'> {
  const ours = pushedVersions(target, doc).find(({ at }) => at.getTime() === incoming.at.getTime())
  if (!ours || incoming.fromApi) return { isOwnVersion: false, isEcho: false }
  const stored = versionOf(target, doc)
  // If this event arrived before the event of another change in Clerk, its hook covers both changes.
  const isEcho = stored !== undefined && stored >= ours.from && holdsSame(target, { ...incoming, at: stored }, doc)
  return { isOwnVersion: true, isEcho }
}
