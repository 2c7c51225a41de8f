import type { UpdateQuery } from 'mongoose'
import type { ConflictReason, HookMarks, WriteContext } from '../../store/write'
import { withoutEmpty } from '../command/through-middleware'
import {
  type Candidate,
  insertOnly,
  isImmutable,
  judge,
  makeCandidate,
  plainView,
  timestampPaths,
} from '../schema/candidate'
import type { Incoming } from '../target/incoming'
import { overlap } from '../target/owned-paths'
import { type AnyDoc, NOT_DELETED, type Target, valueAt } from '../target/target'
import { pushExtension } from './push-extension'
import type { RetryState } from './retry-state'

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
  const doc = makeCandidate(target, [...entries, ...state.insertEntries()], incoming)
  const extension = pushExtension(target)
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
  const update = buildUpdate({ target, incoming, state, doc, meant, marks, upsert, taken })
  const guarded = { ...filter, ...nullParents(state) }
  return { filter: guarded, update, upsert, meant, given, taken, refused, blocked }
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

/** A parent is written as a whole only while it is `null`. */
const nullParents = ({ whole }: RetryState): AnyDoc => Object.fromEntries([...whole].map((parent) => [parent, null]))

interface Parts {
  target: Target
  incoming: Incoming
  state: RetryState
  doc: Candidate
  meant: AnyDoc
  marks: HookMarks
  upsert: boolean
  taken: readonly string[]
}

function buildUpdate(parts: Parts): UpdateQuery<AnyDoc> {
  const { target, state, doc, upsert, meant, taken } = parts
  const { model, idPath } = target
  const { $set, $unset } = bookkeeping(parts)
  const once: AnyDoc = {}
  for (const [path, value] of mappedValues(parts)) {
    if (isImmutable(model, path, doc)) once[path] = value
    else if (value === undefined) $unset[path] = 1
    else $set[path] = value
  }
  for (const path of taken) $set[path] = valueAt(meant, path)
  const marked = markWith(target, parts.marks, state.linkTo !== undefined)
  const written = [idPath, ...Object.keys(once), ...Object.keys($set), ...Object.keys($unset), ...state.omitted]
  const $setOnInsert = {
    ...(upsert && insertOnly(model, doc, written)),
    ...(upsert && Object.fromEntries(Object.entries(once).filter(([, value]) => value !== undefined))),
    ...(marked.$setOnInsert as AnyDoc),
  }
  const whole = withWholeParents({ ...$set, ...(marked.$set as AnyDoc) }, $unset, state.whole)
  return withoutEmpty({ ...marked, ...whole, $setOnInsert })
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

/** MongoDB cannot set a path beneath `null`, so such a parent is set with everything beneath it. */
function withWholeParents(
  $set: AnyDoc,
  $unset: AnyDoc,
  parents: ReadonlySet<string>,
): { $set: AnyDoc; $unset: AnyDoc } {
  const isBeneath = (path: string) => [...parents].some((parent) => path.startsWith(`${parent}.`))
  const others = (operand: AnyDoc) => Object.fromEntries(Object.entries(operand).filter(([path]) => !isBeneath(path)))
  const wholes = [...parents].map((parent) => {
    const within = Object.entries($set).filter(([path]) => path.startsWith(`${parent}.`))
    return [parent, nested(within.map(([path, value]) => [path.slice(parent.length + 1), value]))]
  })
  return { $set: { ...others($set), ...Object.fromEntries(wholes) }, $unset: others($unset) }
}

function nested(entries: [path: string, value: unknown][]): AnyDoc {
  const result: AnyDoc = {}
  for (const [path, value] of entries) {
    const keys = path.split('.')
    const last = keys.pop() as string
    const parent = keys.reduce<AnyDoc>((doc, key) => {
      doc[key] ??= {}
      return doc[key] as AnyDoc
    }, result)
    parent[last] = value
  }
  return result
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
