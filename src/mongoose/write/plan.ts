import type { UpdateQuery } from 'mongoose'
import type { ConflictReason, HookMarks, WriteContext } from '../../store/write'
import { withoutEmpty } from '../command/send'
import { castWith, passes, timestampPaths } from '../schema/fields'
import { neededPaths } from '../schema/needed-paths'
import { judgePath, type PlainSchema, pathIn, plainSchema } from '../schema/plain-schema'
import type { Incoming } from '../target/incoming'
import { type AnyDoc, NOT_DELETED, type SyncModel, type Target, valueAt } from '../target/target'
import { pushExtension } from './push-extension'
import type { RetryState } from './retry-state'
import { withWholeParents } from './whole-parents'

/** A guarded write: the schema's verdict, and the command. */
export interface WritePlan {
  filter: AnyDoc
  update: UpdateQuery<AnyDoc>
  upsert: boolean
  /** The mapped values to write, as Clerk has them. */
  entries: readonly (readonly [path: string, value: unknown])[]
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

/** What of a retry state the command depends on. */
export type Relaxed = Pick<RetryState, 'linkTo' | 'push' | 'withheld' | 'omitted' | 'whole'>

const nothingRelaxed: Relaxed = {
  linkTo: undefined,
  push: undefined,
  withheld: new Map(),
  omitted: new Set(),
  whole: new Set(),
}

/**
 * Plans the first attempt of a write from the schema alone, at a tenth of the cost of a document. The result is what
 * `planWithDocument` finds.
 * @returns `undefined` if only a document can tell, or if the schema refuses a value.
 */
export function plainPlan(target: Target, incoming: Incoming, { marks = {} }: WriteContext): WritePlan | undefined {
  const schema = plainSchema(target)
  if (!schema || incoming.locals?.isToBeFound || pushExtension(target)) return undefined
  const entries = firstEntries(target, incoming)
  const mapped = plainValues(target, schema, entries, incoming.clerkId)
  if (!mapped) return undefined
  const insertOnly = insertOnlyOf(target.model, schema)
  const meant = { ...insertOnly, ...mapped }
  const candidate = {
    isImmutable: () => false,
    insertOnly: (written: readonly string[]) =>
      Object.fromEntries(Object.entries(insertOnly).filter(([path]) => !written.includes(path))),
  }
  const parts = { target, incoming, state: nothingRelaxed, written: incoming.values.keys(), candidate, meant, marks }
  const update = buildUpdate({ ...parts, upsert: true, taken: [] })
  const rest = { entries, meant, given: meant, taken: [], refused: [], blocked: undefined, isPlain: true as const }
  return { filter: guard(target, incoming), update, upsert: true, ...rest }
}

/** The mapped values, or what stands for a value that Clerk does not have and the schema needs. */
function firstEntries(target: Target, { clerkId, values }: Incoming): [path: string, value: unknown][] {
  const { paths, options } = target
  const needed = neededPaths(target)
  return [...values].map(([path, value]) => {
    return [path, options.entity.fallbackValues(paths, path, value, clerkId, needed.has(path))[0]]
  })
}

/** The cast values, by path; `undefined` if a path is no ordinary one, or the schema refuses a value. */
function plainValues(
  { model, idPath }: Target,
  schema: PlainSchema,
  entries: readonly (readonly [path: string, value: unknown])[],
  clerkId: string,
): AnyDoc | undefined {
  const mapped: AnyDoc = {}
  for (const [path, value] of entries) {
    if (!isSimple(model, schema, path)) return undefined
    const definition = pathIn(model, path)
    const cast = value === undefined ? schema.defaults.get(path) : castWith(definition, value)
    if (!passes(definition, cast)) return undefined
    mapped[path] = cast
  }
  const id = pathIn(model, idPath)
  if (castWith(id, clerkId) !== clerkId || !passes(id, clerkId)) return undefined
  return schema.toBeFilled.some((path) => !(path in mapped)) ? undefined : mapped
}

function isSimple(model: SyncModel, { simple }: PlainSchema, path: string): boolean {
  const known = simple.get(path) ?? judgePath(model, path)
  simple.set(path, known)
  return known
}

/** Fields that only an insert stores: defaults, timestamps, `_id`, the version key. */
function insertOnlyOf(model: SyncModel, { defaults, clocks, times, hasObjectId, versionKey }: PlainSchema): AnyDoc {
  const fields: AnyDoc = {}
  if (hasObjectId) fields._id = new model.base.Types.ObjectId()
  for (const [path, value] of defaults) fields[path] = Array.isArray(value) ? [] : value
  for (const path of [...clocks, ...times]) fields[path] = pathIn(model, path).cast(new Date())
  if (versionKey !== undefined) fields[versionKey] = 0
  return fields
}

/**
 * Matches the user's document while it is alive and older. Uses `$not` instead of `$lt` to include documents without a
 * version. The id is the only equality condition, because an upsert copies these into the insert.
 */
export function guard({ idPath, paths }: Target, { clerkId, at, fromApi }: Incoming): AnyDoc {
  return {
    [idPath]: clerkId,
    [paths.clerkDeletedAt]: { ...NOT_DELETED },
    [paths.clerkUpdatedAt]: { $not: fromApi ? { $gt: at } : { $gte: at } },
  }
}

/** What a command is built from. */
export interface Parts {
  target: Target
  incoming: Incoming
  state: Relaxed
  /** The mapped paths to write. */
  written: Iterable<string>
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

/** Builds the update: Clerk's values, the library's own fields, and what only an insert stores. */
export function buildUpdate(parts: Parts): UpdateQuery<AnyDoc> {
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
function mappedValues({ written, meant }: Parts): [path: string, value: unknown][] {
  return [...written].map((path) => [path, valueAt(meant, path) ?? undefined])
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

/** The document that an upsert inserts; `undefined` if only the server can tell. */
export function insertOf({ idPath }: Target, { filter, update, isPlain }: WritePlan): AnyDoc | undefined {
  const { $set, $setOnInsert, $unset, ...others } = update
  if (!isPlain || Object.keys(others).length > 0) return undefined
  return { [idPath]: filter[idPath], ...$setOnInsert, ...$set }
}
