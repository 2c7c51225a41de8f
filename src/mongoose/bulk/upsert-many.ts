import type { ClerkUserJSON } from '../../events/events'
import { clerkUserJSON } from '../../map/clerk-user-json'
import type { BulkResult } from '../../store/job-store'
import type { SyncOutcome, WriteContext } from '../../store/write'
import { deleteDocument } from '../deletion/delete'
import type { Tombstone } from '../deletion/tombstone'
import { findTombstones } from '../deletion/tombstones'
import { wouldTake } from '../push/meet-owned'
import { asJobError, isOutage } from '../target/database-error'
import type { AnyDoc, Target } from '../target/target'
import type { Incoming } from '../write/incoming'
import { byExternalIds } from '../write/local-account'
import { lookAtMany, type Standing } from '../write/own-document'
import { ready } from '../write/ready'
import { resolveRules, toIncoming, upsertUser } from '../write/upsert'
import { attemptMany } from './bulk-write'

/** How many users are written at once that cannot go with the others. */
const AT_ONCE = 16

/**
 * Applies a page of users just fetched from Clerk. Where nothing stands in their way they cost four commands at most: a look for
 * tombstones; all writes, which go as those of events do, strictly newer, so that what is in step is not written again; a look
 * for tombstones of what was created, as nobody will deliver it once more; and one read that tells why writes were refused. Where
 * local accounts are known by an external id, one more looks for those before the writes.
 * The users that are left are written alone, as data from Clerk's API.
 *
 * Rejects where the database is away; to apply the page again is safe then.
 */
export async function upsertMany(
  target: Target,
  users: readonly ClerkUserJSON[],
  given: WriteContext,
): Promise<BulkResult[]> {
  await ready(target, given)
  const { messageId: _, changes: __, ...context } = given
  const prepared = users.map((user) => prepare(target, user, context))
  const incomings = prepared.filter((one): one is Prepared => 'incoming' in one).map(({ incoming }) => incoming)
  const fates = await writeTogether(target, incomings, context)
  return inParallel(prepared, async (one) => {
    if (!('incoming' in one)) return one
    const { clerkId } = one.incoming
    try {
      const fate = fates.get(one.incoming)
      if (typeof fate === 'string') return { clerkId, outcome: fate }
      if (fate) return { clerkId, outcome: await removeLateInsert(target, fate, context) }
      const { outcome, conflict } = await upsertUser(target, one.user, { ...context, fromApi: true })
      return { clerkId, outcome, ...(conflict && { conflict }) }
    } catch (error) {
      if (isOutage(error)) throw error
      return { clerkId, error: asJobError(error) }
    }
  })
}

interface Prepared {
  user: ClerkUserJSON
  incoming: Incoming
}

/** The host's `mapUser` runs here, and may throw for one user. */
function prepare(target: Target, input: ClerkUserJSON, context: WriteContext): Prepared | BulkResult {
  try {
    const user = clerkUserJSON(input)
    const asEvent = { ...context, fromApi: false }
    return { user, incoming: toIncoming(target, user, resolveRules(target, context), asEvent) }
  } catch (error) {
    return { clerkId: String(input?.id), error: asJobError(error) }
  }
}

/** A deletion that the document, if there is one, does not know of. */
interface LateInsert {
  tombstone: Tombstone
  isLateInsert: boolean
}

/** What became of a user in the common commands. Absent: it has to go alone. */
type Fates = Map<Incoming, SyncOutcome | LateInsert>

async function writeTogether(target: Target, incomings: readonly Incoming[], context: WriteContext): Promise<Fates> {
  const fates: Fates = new Map()
  const before = await findTombstones(target, idsOf(incomings), context)
  const living = incomings.filter(({ clerkId }) => !before.has(clerkId))
  const locals = await byExternalIds(target, living, context)
  const attempts = await attemptMany(target, living, locals, context)
  const withKind = (kind: string) => living.filter((_, index) => attempts[index]?.kind === kind)
  const [created, linked] = [withKind('created'), withKind('linked')]
  const after = await findTombstones(target, idsOf([...created, ...linked]), context)
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
    // Of several that were to be linked, some were not.
    ...withKind('missed'),
  ]
  const standings = await lookAtMany(target, unclear, context)
  unclear.forEach((incoming, index) => {
    const standing = standings[index] as Standing
    const fate = fateOf(standing, before.has(incoming.clerkId))
    // Written alone, as data from Clerk's API, it brings what is not owned yet by an opinion.
    const isToTake = standing.kind === 'same' && wouldTake(target, incoming, standing.doc)
    if (fate && !isToTake) fates.set(incoming, isLinkedTo(locals.get(incoming), standing) ? 'linked' : fate)
  })
  return fates
}

/** Whether what was to be linked holds this version: by our write, of which the server did not tell. */
function isLinkedTo(local: AnyDoc | undefined, standing: Standing): boolean {
  return local !== undefined && standing.kind === 'same' && String(standing.doc._id) === String(local._id)
}

function fateOf(standing: Standing, isDeleted: boolean): SyncOutcome | LateInsert | undefined {
  // A conflict that was ended by hand leaves its mark, which a single write removes.
  if (standing.kind === 'same') return standing.isConflict ? undefined : 'duplicate'
  if (standing.kind === 'newer' || standing.kind === 'deleted') return 'stale'
  if (standing.kind === 'lateInsert') return { tombstone: standing.tombstone, isLateInsert: !standing.wasAlive }
  return isDeleted && standing.kind === 'absent' ? 'stale' : undefined
}

async function removeLateInsert(
  target: Target,
  { tombstone, isLateInsert }: LateInsert,
  context: WriteContext,
): Promise<SyncOutcome> {
  const { onDelete } = resolveRules(target, context)
  const at = { ...context, eventAt: tombstone.deletedAt.getTime() }
  await deleteDocument(target, tombstone._id, onDelete, at, { isLateInsert })
  return 'stale'
}

const idsOf = (incomings: readonly Incoming[]) => incomings.map(({ clerkId }) => clerkId)

/** Works through a list, a few at a time; the first rejection ends it. */
async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = [...items.entries()].reverse()
  const worker = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const [index, item] = next
      results[index] = await work(item)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    return results
  } finally {
    queue.length = 0
  }
}
