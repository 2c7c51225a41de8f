import type { ClerkResourceJSON } from '../../events/events'
import type { BulkResult } from '../../store/job-store'
import type { SyncOutcome, WriteContext } from '../../store/write'
import { removeLateInsert } from '../deletion/delete'
import type { Tombstone } from '../deletion/tombstone'
import { findDeletions } from '../deletion/tombstones'
import { byExternalIds } from '../entity/local-account'
import { wouldTake } from '../push/compare-owned'
import { asJobError, isOutage } from '../target/database-error'
import type { Incoming } from '../target/incoming'
import { type AnyDoc, resolveRules, type Target, toIncoming } from '../target/target'
import { upsertFromClerk } from '../write/guarded-write'
import { lookAtMany, type Standing } from '../write/own-document'
import { ready } from '../write/ready'
import { completeRefs, mayLackRefs } from '../write/refs'
import { attemptMany } from './bulk-write'
import { inParallel } from './in-parallel'

/**
 * Stores a page of resources just fetched from Clerk. Without conflicts this takes at most four commands: a read of
 * tombstones; all writes, which apply only newer versions, so that documents in step are not rewritten; a read of
 * tombstones of the created ones, because there is no redelivery; and one read that explains refused writes. If local
 * accounts have external ids, one more read finds those before the writes. The remaining ones are written one by one.
 *
 * Rejects if the database is not available; applying the page again is safe.
 */
export async function upsertMany(
  target: Target,
  resources: readonly ClerkResourceJSON[],
  given: WriteContext,
): Promise<BulkResult[]> {
  await ready(target, given)
  const { messageId: _, changes: __, ...context } = given
  const prepared = resources.map((json) => prepare(target, json, context))
  const incomings = prepared.filter((one): one is Prepared => 'incoming' in one).map(({ incoming }) => incoming)
  const fates = await writeTogether(target, incomings, context)
  const open: string[] = []
  for (const [{ clerkId }, outcome] of fates)
    if (typeof outcome === 'string' && mayLackRefs(target, { outcome }, context)) open.push(clerkId)
  if (open.length > 0) await completeRefs(target, open, context)
  return inParallel(prepared, async (one) => {
    if (!('incoming' in one)) return one
    const { clerkId } = one.incoming
    try {
      const fate = fates.get(one.incoming)
      if (typeof fate === 'string') return { clerkId, outcome: fate }
      if (fate) {
        const { onDelete } = resolveRules(target, context)
        await removeLateInsert(target, fate.tombstone, { onDelete, context, isLateInsert: fate.isLateInsert })
        return { clerkId, outcome: 'stale' }
      }
      const { outcome, conflict } = await upsertFromClerk(target, one.json, { ...context, fromApi: true })
      return { clerkId, outcome, ...(conflict && { conflict }) }
    } catch (error) {
      if (isOutage(error)) throw error
      return { clerkId, error: asJobError(error) }
    }
  })
}

interface Prepared {
  json: ClerkResourceJSON
  incoming: Incoming
}

/** Runs the app's map, which may throw for one of them. */
function prepare(target: Target, input: ClerkResourceJSON, context: WriteContext): Prepared | BulkResult {
  try {
    const json = target.options.entity.read(input)
    const asEvent = { ...context, fromApi: false }
    return { json, incoming: toIncoming(target, json, asEvent) }
  } catch (error) {
    return { clerkId: String(input?.id), error: asJobError(error) }
  }
}

/** A deletion that the document, if there is one, does not show. */
interface LateInsert {
  tombstone: Tombstone
  isLateInsert: boolean
}

/** The result of each in the shared commands. Absent: it must be written alone. */
type Fates = Map<Incoming, SyncOutcome | LateInsert>

async function writeTogether(target: Target, incomings: readonly Incoming[], context: WriteContext): Promise<Fates> {
  const fates: Fates = new Map()
  const before = await findDeletions(target, incomings, context)
  const living = incomings.filter(({ clerkId }) => !before.has(clerkId))
  const locals = await byExternalIds(target, living, context)
  const attempts = await attemptMany(target, living, locals, context)
  const withKind = (kind: string) => living.filter((_, index) => attempts[index]?.kind === kind)
  const [created, linked] = [withKind('created'), withKind('linked')]
  const after = await findDeletions(target, [...created, ...linked], context)
  for (const incoming of withKind('updated')) fates.set(incoming, 'updated')
  for (const [outcome, written] of [
    ['created', created],
    ['linked', linked],
  ] as const) {
    for (const incoming of written) {
      const tombstone = after.get(incoming.clerkId)
      fates.set(incoming, tombstone ? { tombstone, isLateInsert: true } : outcome)
    }
  }
  const unclear = [
    ...incomings.filter(({ clerkId }) => before.has(clerkId)),
    ...withKind('collided'),
    ...withKind('refused'),
    // If several were to be linked, some were not.
    ...withKind('missed'),
  ]
  const standings = await lookAtMany(target, unclear, context)
  unclear.forEach((incoming, index) => {
    const standing = standings[index] as Standing
    const fate = fateOf(standing, before.has(incoming.clerkId))
    // Written alone, the user's owned paths that the app has not set get Clerk's values.
    const isToTake = standing.kind === 'same' && wouldTake(target, incoming, standing.doc)
    if (fate && !isToTake) fates.set(incoming, isLinkedTo(locals.get(incoming), standing) ? 'linked' : fate)
  })
  return fates
}

/**
 * Whether the local account to be linked has this version: our write succeeded, although the server did not report it.
 */
function isLinkedTo(local: AnyDoc | undefined, standing: Standing): boolean {
  return local !== undefined && standing.kind === 'same' && String(standing.doc._id) === String(local._id)
}

function fateOf(standing: Standing, isDeleted: boolean): SyncOutcome | LateInsert | undefined {
  // A conflict resolved by hand leaves a mark, which a single write removes.
  if (standing.kind === 'same') return standing.isConflict ? undefined : 'duplicate'
  if (standing.kind === 'newer' || standing.kind === 'deleted') return 'stale'
  if (standing.kind === 'lateInsert') return { tombstone: standing.tombstone, isLateInsert: !standing.wasAlive }
  return isDeleted && standing.kind === 'absent' ? 'stale' : undefined
}
