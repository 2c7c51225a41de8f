import type { UpdateQuery } from 'mongoose'
import type { Changes, ConflictReason, HookMarks, WriteContext } from '../store'
import { isDuplicateKey, isHostRule, refusingIndex } from './database-error'
import { markWith } from './hook-marks'
import {
  type Candidate,
  type Concessions,
  candidate,
  changesSince,
  type Incoming,
  missingRequired,
  storedValue,
} from './incoming'
import { pushGuard, setFitting } from './push/guard'
import { mark } from './push/mark'
import { type AnyDoc, durable, NOT_DELETED, schemaPath, type Target, trusted, within } from './target'

export interface AppliedAttempt {
  kind: 'created' | 'updated' | 'linked'
  /** Where asked for. */
  changes?: Changes
}

export type Attempt =
  | AppliedAttempt
  /** The guard matched nothing, and nothing was inserted. */
  | { kind: 'missed' }
  /** Inserting would leave a path empty that the host requires. */
  | { kind: 'missed'; required: string }
  | { kind: 'collided'; index: string | undefined }
  /** The host's rules refuse the values at these paths. */
  | { kind: 'refused'; paths: string[] }

/** The guarded write: one atomic command, in which the database itself decides whether this version is the newest. */
export async function attemptWrite(
  target: Target,
  incoming: Incoming,
  concessions: Concessions,
  context: WriteContext,
): Promise<Attempt> {
  const command = commandFor(target, incoming, concessions, context)
  const { doc, required } = command
  const sent = await send(target, command, context).catch(refusal)
  if ('kind' in sent) return sent
  if (!sent.isInsert && !sent.isMatch) return required === undefined ? { kind: 'missed' } : { kind: 'missed', required }
  const kind = sent.isInsert ? 'created' : concessions.linkTo === undefined ? 'updated' : 'linked'
  const written = [...concessions.entries(), ...(sent.isInsert ? concessions.insertEntries() : [])]
  return { kind, ...(sent.before && { changes: changesSince(sent.before, written, doc) }) }
}

/** The guarded write as it is sent, alone or among others. */
export interface WriteCommand {
  filter: AnyDoc
  update: UpdateQuery<AnyDoc>
  upsert: boolean
  /** The document an insert would make. */
  doc: Candidate
  /** A path the host requires that an insert would leave empty; then nothing is inserted. */
  required: string | undefined
}

export function commandFor(
  target: Target,
  incoming: Incoming,
  concessions: Concessions,
  context: WriteContext,
): WriteCommand {
  const { linkTo, isPending, isUpdateOnly, echo } = concessions
  const doc = candidate(target, concessions.entries())
  const owned = setFitting(target, doc, concessions.insertEntries())
  const required = linkTo === undefined ? missingRequired(target, doc) : undefined
  const isUpdate = linkTo !== undefined || isPending || isUpdateOnly || concessions.withheld.size > 0
  const upsert = !isUpdate && required === undefined
  const filter = linkTo === undefined ? guard(target, incoming, concessions, owned) : linkGuard(target, linkTo)
  const update = buildUpdate(target, incoming, concessions, {
    doc,
    upsert,
    owned,
    marks: echo === 'yes' ? {} : (context.marks ?? {}),
  })
  return { filter, update, upsert, doc, required }
}

/** What an error says of the values, where it says something of them. */
export function refusal(error: unknown): Extract<Attempt, { kind: 'collided' | 'refused' }> {
  if (isDuplicateKey(error)) return { kind: 'collided', index: refusingIndex(error) }
  if (!isHostRule(error)) throw error
  return { kind: 'refused', paths: Object.keys(error.errors ?? (error.path ? { [error.path]: 1 } : {})) }
}

interface Sent {
  isInsert: boolean
  isMatch: boolean
  /** Where asked for: the document as it was, an empty one before an insert. */
  before?: AnyDoc
}

/** Sends the one command; only for `changes` it is the costlier one that tells the document before. */
async function send({ model }: Target, { filter, update, upsert }: WriteCommand, context: WriteContext): Promise<Sent> {
  const options = { upsert, runValidators: true, ...durable, ...within(context) }
  if (!context.changes) {
    const { upsertedCount, matchedCount } = await model.updateOne(filter, update, options)
    return { isInsert: upsertedCount > 0, isMatch: matchedCount > 0 }
  }
  const asked = { ...options, returnDocument: 'before', lean: true, includeResultMetadata: true } as const
  const { lastErrorObject, value } = await model.findOneAndUpdate(filter, update, asked)
  return {
    isInsert: lastErrorObject?.upserted !== undefined,
    isMatch: value !== null,
    before: (value as AnyDoc | null) ?? {},
  }
}

/**
 * Matches the own document while it is alive and older. `$not` rather than `$lt`, so that documents without a version are
 * matched too; no equality but the id's, which an upsert would copy into the insert.
 */
function guard(target: Target, incoming: Incoming, concessions: Concessions, owned: AnyDoc): AnyDoc {
  const { idPath, paths } = target
  const { clerkId, at, truth } = incoming
  return {
    [idPath]: clerkId,
    [paths.clerkDeletedAt]: trusted(target, { ...NOT_DELETED }),
    [paths.clerkUpdatedAt]: trusted(target, { $not: truth ? { $gt: at } : { $gte: at } }),
    ...(target.options.push && pushGuard(target, incoming, concessions, owned)),
  }
}

/** Matches the local document while nobody else was given it. */
function linkGuard(target: Target, _id: unknown): AnyDoc {
  return { _id, [target.idPath]: trusted(target, { $in: [null, ''] }) }
}

function buildUpdate(
  target: Target,
  incoming: Incoming,
  concessions: Concessions,
  { doc, upsert, owned, marks }: { doc: Candidate; upsert: boolean; owned: AnyDoc; marks: HookMarks },
): UpdateQuery<AnyDoc> {
  const { paths, idPath, model } = target
  const [withheld] = concessions.withheld.values() as Iterable<ConflictReason>
  const $set: AnyDoc = {
    [paths.authProvider]: 'clerk',
    [paths.syncStatus]: withheld ? 'error' : 'active',
    [paths.lastClerkSync]: new Date(),
    [paths.clerkUpdatedAt]: incoming.at,
  }
  const $unset: AnyDoc = {}
  if (withheld) $set[paths.syncError] = withheld.code
  else if (!concessions.isPending || concessions.endsConflict) $unset[paths.syncError] = 1
  if (concessions.isPending) {
    delete $set[paths.syncStatus]
    if (concessions.endsConflict && !withheld) $set[paths.syncStatus] = 'pending'
  }
  // Somebody changed at Clerk what MongoDB owns: the owner's value is to be brought there once more.
  if (concessions.owned === 'differs') Object.assign($set, pendingUnless(withheld !== undefined, target))
  if (concessions.linkTo !== undefined) Object.assign($set, linking(target, incoming, withheld))
  for (const [path, value] of concessions.entries()) {
    // Where Clerk has none, the host's default stands; mongoose would apply it to inserts only.
    const written = value ?? storedValue(doc, path)
    if (written === undefined || written === null) $unset[path] = 1
    else $set[path] = written
  }
  // mongoose leaves `_id` to the server, which only makes ObjectIds.
  const ownIds = upsert && idPath !== '_id' && schemaPath(model, '_id')?.instance !== 'ObjectId'
  const marked = markWith(target, marks, concessions.linkTo !== undefined)
  const $setOnInsert = {
    ...(marked.$setOnInsert as AnyDoc),
    ...(ownIds && { _id: doc._id }),
    ...(upsert && owned),
  }
  return { ...marked, $set: { ...$set, ...(marked.$set as AnyDoc) }, $unset, $setOnInsert }
}

/** The mark of something to be pushed; a conflict stays what the status tells. */
function pendingUnless(isConflict: boolean, target: Target): AnyDoc {
  const { [target.paths.clerkPushDue]: token, ...pending } = mark(target)
  return { [target.paths.clerkPushDue]: token, ...(!isConflict && pending) }
}

/** What was a local account's is MongoDB's from now on: Clerk is to hear of all that MongoDB owns. */
function linking(target: Target, { clerkId }: Incoming, withheld: unknown): AnyDoc {
  return {
    [target.idPath]: clerkId,
    ...(target.options.push && pendingUnless(withheld !== undefined, target)),
  }
}
