import type { UpdateQuery } from 'mongoose'
import type { ConflictReason, HookMarks, WriteContext } from '../../store/write'
import { withoutEmpty } from '../command/send'
import { type Candidate, insertOnly, isImmutable, judge, makeCandidate, plainView } from '../schema/candidate'
import { timestampPaths } from '../schema/fields'
import { type PlainCandidate, plainCandidate } from '../schema/plain-candidate'
import type { Incoming } from '../target/incoming'
import { overlap } from '../target/owned-paths'
import { type AnyDoc, NOT_DELETED, type Target, valueAt } from '../target/target'
import { pushExtension } from './push-extension'
import type { RetryState } from './retry-state'
import { nullParents, withWholeParents } from './whole-parents'

/** A guarded write: the schema's verdict, and the command. */
export interface WritePlan {
  filter: AnyDoc
  update: UpdateQuery<AnyDoc>
  upsert: boolean
  /** The candidate's values, by path. */
  meant: AnyDoc
  /** The same, before `validate` middleware could change them. */
  given: AnyDoc
  /** Mapped paths that the schema refuses. Such a plan is not sent. */
  refused: string[]
  /** Owned paths that the update sets to Clerk's value on an existing document. */
  taken: readonly string[]
  /** A path of the app that prevents an insert: required and empty, or with a default that is refused. */
  blocked: string | undefined
  /** Built from the schema alone, so that the values are stored as given. */
  isPlain?: true
}

/**
 * Builds and validates the candidate once, and builds the command from its values.
 * @throws {ClerkSyncError} `host_code_failed`.
 */
export async function planWrite(
  target: Target,
  incoming: Incoming,
  state: RetryState,
  context: WriteContext,
): Promise<WritePlan> {
  const { linkTo } = state
  const entries = state.entries()
  const extension = pushExtension(target)
  const plain = mayInsert(state) && !extension ? plainCandidate(target, entries, incoming.clerkId) : undefined
  if (plain) return plainPlan(target, incoming, state, plain, context)
  const doc = makeCandidate(target, [...entries, ...state.insertEntries()], incoming)
  const owned = extension?.fit(target, doc, state.insertEntries()) ?? {}
  const given = plainView(doc)
  const taken = [...state.taken.keys()].filter((path) => path in owned)
  const { refused, blocked } = await verdictOn(target, incoming, state, { doc, taken })
  const upsert = mayInsert(state) && blocked === undefined
  const filter = linkTo
    ? { ...linkGuard(target, linkTo._id), ...extension?.takenGuard(target, state, owned) }
    : guard(target, incoming, state, owned)
  const meant = plainView(doc)
  const marks = state.push?.isEcho ? {} : (context.marks ?? {})
  const candidate = {
    isImmutable: (path: string) => isImmutable(target.model, path, doc),
    insertOnly: (written: readonly string[]) => insertOnly(target.model, doc, written),
  }
  const update = buildUpdate({ target, incoming, state, candidate, meant, marks, upsert, taken })
  return { filter: { ...filter, ...nullParents(state.whole) }, update, upsert, meant, given, taken, refused, blocked }
}

/** The plan of a write to a schema that needs no document. */
function plainPlan(
  target: Target,
  incoming: Incoming,
  state: RetryState,
  { values, insertOnly }: PlainCandidate,
  { marks = {} }: WriteContext,
): WritePlan {
  const candidate = {
    isImmutable: () => false,
    insertOnly: (written: readonly string[]) =>
      Object.fromEntries(Object.entries(insertOnly).filter(([path]) => !written.includes(path))),
  }
  const update = buildUpdate({ target, incoming, state, candidate, meant: values, marks, upsert: true, taken: [] })
  const filter = guard(target, incoming, state, {})
  const rest = { taken: [], refused: [], blocked: undefined, isPlain: true as const }
  return { filter, update, upsert: true, meant: values, given: values, ...rest }
}

const mayInsert = ({ linkTo, push, isUpdateOnly, withheld, whole }: RetryState): boolean =>
  linkTo === undefined && !push?.isPending && !isUpdateOnly && withheld.size === 0 && whole.size === 0

/** Validates all paths for an insert, and only the written ones for an update. */
async function verdictOn(
  target: Target,
  { values, onInsert }: Incoming,
  state: RetryState,
  { doc, taken }: { doc: Candidate; taken: readonly string[] },
): Promise<{ refused: string[]; blocked: string | undefined }> {
  const written = [...state.entries().map(([path]) => path), ...taken]
  const verdict = await judge(doc, mayInsert(state) ? undefined : written)
  const isMapped = (path: string) => [...values.keys(), ...onInsert.keys()].some((one) => overlap(one, path))
  const isAccepted = (path: string) => [...state.accepted].some((one) => overlap(one, path))
  const standing = verdict.refused.filter((path) => !isAccepted(path) && path !== target.idPath)
  return { refused: standing.filter(isMapped), blocked: standing.find((path) => !isMapped(path)) }
}

/**
 * Matches the user's document while it is alive and older. Uses `$not` instead of `$lt` to include documents without a
 * version. The id is the only equality condition, because an upsert copies these into the insert.
 */
function guard(target: Target, incoming: Incoming, state: RetryState, owned: AnyDoc): AnyDoc {
  const { idPath, paths } = target
  const { clerkId, at, fromApi } = incoming
  return {
    [idPath]: clerkId,
    [paths.clerkDeletedAt]: { ...NOT_DELETED },
    [paths.clerkUpdatedAt]: { $not: fromApi ? { $gt: at } : { $gte: at } },
    ...pushExtension(target)?.guard(target, incoming, state, owned),
  }
}

/** Matches the local document while it has no Clerk user. */
function linkGuard(target: Target, _id: unknown): AnyDoc {
  return { _id, [target.idPath]: { $in: [null, ''] } }
}

interface Parts {
  target: Target
  incoming: Incoming
  state: RetryState
  candidate: {
    /** Whether the schema allows the path to be written only once. */
    isImmutable(path: string): boolean
    /** Fields that only an insert stores. @param written Paths that the same command sets or unsets. */
    insertOnly(written: readonly string[]): AnyDoc
  }
  meant: AnyDoc
  marks: HookMarks
  upsert: boolean
  taken: readonly string[]
}

function buildUpdate(parts: Parts): UpdateQuery<AnyDoc> {
  const { target, state, candidate, upsert, meant, taken } = parts
  const { idPath } = target
  const { $set, $unset } = bookkeeping(parts)
  const once: AnyDoc = {}
  for (const [path, value] of mappedValues(parts)) {
    if (candidate.isImmutable(path)) once[path] = value
    else if (value === undefined) $unset[path] = 1
    else $set[path] = value
  }
  for (const path of taken) $set[path] = valueAt(meant, path)
  const marked = markWith(target, parts.marks, state.linkTo !== undefined)
  const paths = [idPath, ...Object.keys(once), ...Object.keys($set), ...Object.keys($unset), ...state.omitted]
  const $setOnInsert = {
    ...(upsert && candidate.insertOnly(paths)),
    ...(upsert && Object.fromEntries(Object.entries(once).filter(([, value]) => value !== undefined))),
    ...(marked.$setOnInsert as AnyDoc),
  }
  const fields = { $set: { ...$set, ...(marked.$set as AnyDoc) }, $unset }
  const written = state.whole.size > 0 ? withWholeParents(fields, state.whole) : fields
  return withoutEmpty({ ...marked, ...written, $setOnInsert })
}

/** The library's own fields. */
function bookkeeping({ target, incoming, state, meant }: Parts): { $set: AnyDoc; $unset: AnyDoc } {
  const { paths, model, options } = target
  const { linkTo, push } = state
  const isPending = push?.isPending ?? false
  const endsConflict = push?.endsConflict ?? false
  const [withheld] = state.withheld.values()
  const $set: AnyDoc = {
    ...options.entity.constants(paths),
    [paths.syncStatus]: withheld ? 'error' : 'active',
    [paths.lastClerkSync]: new Date(),
    [paths.clerkUpdatedAt]: incoming.at,
  }
  const $unset: AnyDoc = {}
  for (const { of, path, value } of incoming.notes) {
    if (!incoming.values.has(of) || state.withheld.has(of)) continue
    if (value === undefined) $unset[path] = 1
    else $set[path] = value
  }
  const { updatedAt } = timestampPaths(model)
  if (updatedAt !== undefined) $set[updatedAt] = valueAt(meant, updatedAt)
  if (withheld) setConflict(target, withheld, { $set, $unset })
  else if (!isPending || endsConflict) Object.assign($unset, { [paths.syncError]: 1, [paths.syncErrorPath]: 1 })
  if (isPending) {
    delete $set[paths.syncStatus]
    if (endsConflict && !withheld) $set[paths.syncStatus] = 'pending'
  }
  // An owned value was changed in Clerk: MongoDB's value must be pushed again.
  if (push?.differs) Object.assign($set, pendingUnless(withheld !== undefined, target, 'event'))
  if (linkTo !== undefined) Object.assign($set, linking(target, incoming, withheld))
  return { $set, $unset }
}

function setConflict(
  { paths }: Target,
  { code, path }: ConflictReason,
  { $set, $unset }: { $set: AnyDoc; $unset: AnyDoc },
): void {
  $set[paths.syncError] = code
  if (path === undefined) $unset[paths.syncErrorPath] = 1
  else $set[paths.syncErrorPath] = path
}

/** The candidate's values at the mapped paths: Clerk's value, or the schema's default if Clerk has none. */
function mappedValues({ state, meant }: Parts): [path: string, value: unknown][] {
  return state.entries().map(([path]) => [path, valueAt(meant, path) ?? undefined])
}

/** The mark of a pending push. A conflict keeps its status. */
function pendingUnless(isConflict: boolean, target: Target, cause: 'event' | 'link'): AnyDoc {
  const { [target.paths.syncStatus]: pending, ...token } = pushExtension(target)?.due(target, cause) ?? {}
  return { ...token, ...(!isConflict && pending !== undefined && { [target.paths.syncStatus]: pending }) }
}

/** Links a local account. MongoDB's values for owned paths must then be pushed to Clerk. */
function linking(target: Target, { clerkId }: Incoming, withheld: unknown): AnyDoc {
  return {
    [target.idPath]: clerkId,
    ...pendingUnless(withheld !== undefined, target, 'link'),
  }
}

/**
 * The part of a guarded write that leaves the hook's mark, so that both are stored or neither. The pending type has its
 * own path, because one command cannot both append to a list and start that list only on insert.
 */
function markWith({ paths }: Target, { message, pendingType }: HookMarks, isLinking: boolean): AnyDoc {
  return {
    ...(message !== undefined && { $addToSet: { [paths.clerkHooksDue]: message } }),
    ...(pendingType !== undefined && {
      [isLinking ? '$set' : '$setOnInsert']: { [paths.clerkPendingType]: pendingType },
    }),
  }
}
