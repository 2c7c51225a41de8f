import type { UnstoredDocument } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { fromPrimary, type Target, within } from '../target/target'
import { versionOf } from '../write/own-document'
import { type UnstoredRecord, unstoredCollection, usersOf } from '../write/unstored'
import { findStored, type KnownDocument } from './stored-documents'

/** Records looked up at a time. */
const BATCH = 100

/**
 * Iterates over users whose recorded version is not stored, latest record first. A record is closed without a write as
 * soon as the document reaches the version or the user is deleted.
 */
export async function* findUnstored(target: Target, context: WriteContext): AsyncGenerator<UnstoredDocument> {
  const cursor = unstoredCollection(target)
    .find({ users: usersOf(target) } as never, { batchSize: BATCH, ...fromPrimary, ...within(context) })
    .sort({ lastSeenAt: -1 })
  let records: UnstoredRecord[] = []
  for await (const record of cursor) {
    records.push(record as unknown as UnstoredRecord)
    if (records.length < BATCH) continue
    yield* stillOpen(target, records, context)
    records = []
  }
  yield* stillOpen(target, records, context)
}

async function* stillOpen(
  target: Target,
  records: readonly UnstoredRecord[],
  context: WriteContext,
): AsyncGenerator<UnstoredDocument> {
  const ids = records.map(({ clerkId }) => clerkId)
  const stored = new Map((await findStored(target, ids, context)).map((user) => [user.clerkId, user]))
  for (const { clerkId, at, code, path, message } of records)
    if (isOpen(target, at, stored.get(clerkId))) yield { clerkId, code, ...(path !== undefined && { path }), message }
}

function isOpen(target: Target, at: Date, user: KnownDocument | undefined): boolean {
  if (!user) return true
  if (user.isDeleted || user.hasTombstone || user.endedBy || !user.doc) return false
  const version = versionOf(target, user.doc)
  return version === undefined || version < at
}
