import {
  geoCodes,
  isLastingRefusal,
  type LastingRefusal,
  languageCodes,
  refusedPaths,
} from '../command/lasting-refusal'
import { judgeChange } from '../schema/candidate'
import { isDuplicateKey, refusingIndex } from '../target/database-error'
import type { Incoming } from '../target/incoming'
import { overlap } from '../target/owned-paths'
import { type AnyDoc, fromPrimary, valueAt, within } from '../target/target'
import { isHeldUniquely } from './collision'
import { type HostRule, hostRule } from './conflict-reason'
import { listIndexes } from './ready'
import type { Attempt, Collision, Resolution } from './resolution'
import type { RetryState } from './retry-state'

/** A write that the schema or the server refused, with its context. */
export interface Refusal extends Omit<Collision, 'index'> {
  /** Refused paths; empty if the server does not name any. */
  paths: readonly string[]
  /** The server's error; absent if the schema refused. */
  by?: LastingRefusal
}

/**
 * Relaxes a refused write: an existing document gets all values except the refused ones; a new document becomes a
 * conflict.
 */
export async function resolveRefusal(refusal: Refusal): Promise<Resolution> {
  const { incoming, state, own, by } = refusal
  const relaxed =
    // Tries the stored document first: it may need no placeholder.
    (by ? undefined : await relaxForSchema(refusal)) ??
    firstOf(refusal.paths, (path) => relaxValue(incoming, state, path)) ??
    (by ? await relaxForServer(refusal, by) : undefined)
  if (relaxed) return { retry: relaxed }
  const paths = refusal.paths.length > 0 || !by ? refusal.paths : await unnamedPaths(refusal, by)
  const mapped = mappedPaths(incoming, paths).filter((path) => !state.withheld.has(path))
  const withoutTaken = mapped.length === 0 ? leaveOutTaken(state) : undefined
  if (withoutTaken) return { retry: withoutTaken }
  if (!own || mapped.length === 0) return { conflict: hostRule(state.entity, paths[0], ruleFor(refusal, paths[0])) }
  return { retry: state.withholding(mapped.map((path) => [path, hostRule(state.entity, path)])) }
}

function firstOf<T, R>(items: readonly T[], work: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const result = work(item)
    if (result !== undefined) return result
  }
  return undefined
}

const DOCUMENT_VALIDATION_FAILURE = 121

/** A refused path that `mapUser` does not fill is required by the schema or the collection. */
function ruleFor({ incoming, by }: Refusal, path: string | undefined): HostRule {
  const isMapped = path !== undefined && mappedPaths(incoming, [path]).length > 0
  return isMapped || (by && by.code !== DOCUMENT_VALIDATION_FAILURE) ? 'refused' : 'required'
}

const mappedPaths = ({ values }: Incoming, refused: readonly string[]): string[] =>
  [...values.keys()].filter((path) => refused.some((one) => overlap(one, path)))

/**
 * Drops values taken from Clerk for fields that MongoDB owns: they may be the cause, and must not make the event fail.
 */
function leaveOutTaken(state: RetryState): RetryState | undefined {
  const paths = [...state.taken.keys()].filter((path) => !state.unfit.has(path))
  if (paths.length === 0) return undefined
  return paths.reduce((next, path) => next.leavingOut(path, hostRule(state.entity, path)), state)
}

/**
 * Moves on to the next value of a path, if there is one: a placeholder if the path must not be empty, another value if
 * the current one is refused.
 */
function relaxValue({ values, onInsert }: Incoming, state: RetryState, path: string): RetryState | undefined {
  if (onInsert.has(path) && !state.unfit.has(path)) return state.leavingOut(path, hostRule(state.entity, path))
  if (!values.has(path)) return undefined
  if (state.valueOf(path) === undefined) {
    const filled = state.needing(path)
    return filled?.valueOf(path) === undefined ? undefined : filled
  }
  return state.isOwn(path) ? undefined : state.nextValue(path)
}

/**
 * Accepts paths that the schema refused on a new document but allows on the stored one, where unchanged values are not
 * validated. If a unique index already holds the value, the index decides instead of a validator that queries for it.
 */
async function relaxForSchema(refusal: Refusal): Promise<RetryState | undefined> {
  const { target, incoming, state, paths } = refusal
  const mapped = mappedPaths(incoming, paths)
  const stored = refusal.own ?? (await localDocument(refusal))
  const entries = state.entries().filter(([path]) => mapped.includes(path))
  const still = stored ? (await judgeChange(target, stored, entries)).refused : paths
  const accepted = mapped.filter((path) => !still.some((one) => overlap(one, path)))
  for (const path of mapped.filter((one) => !accepted.includes(one)))
    if (await isHeldUniquely(refusal, path)) accepted.push(path)
  const added = accepted.filter((path) => !state.accepted.has(path))
  return added.length > 0 ? state.plus('accepted', added) : undefined
}

/** Reads the local account that is being linked. */
async function localDocument({ target, state, context }: Refusal): Promise<AnyDoc | undefined> {
  if (state.linkTo === undefined) return undefined
  const options = { ...fromPrimary, ...within(context) }
  return (await target.model.collection.findOne({ _id: state.linkTo._id as never }, options)) ?? undefined
}

async function relaxForServer(refusal: Refusal, by: LastingRefusal): Promise<RetryState | undefined> {
  return (await writeParentWhole(refusal, by)) ?? omitDefaults(refusal, by)
}

const PATH_NOT_VIABLE = 28

/** After `PathNotViable`, writes a parent that is `null` in the stored document as a whole. */
async function writeParentWhole(refusal: Refusal, by: LastingRefusal): Promise<RetryState | undefined> {
  const { state } = refusal
  if (by.code !== PATH_NOT_VIABLE) return undefined
  const parents = (await unviablePaths(refusal)).filter(({ value }) => value === null).map(({ parent }) => parent)
  return parents.some((parent) => !state.whole.has(parent)) ? state.plus('whole', parents) : undefined
}

/** Mapped paths beneath a stored value that is not an object, each with the outermost such parent. */
async function unviablePaths(refusal: Refusal): Promise<{ path: string; parent: string; value: unknown }[]> {
  const stored = refusal.own ?? (await localDocument(refusal)) ?? {}
  return [...refusal.incoming.values.keys(), ...refusal.state.taken.keys()].flatMap((path) => {
    const parent = parentsOf(path).find((one) => {
      const value = valueAt(stored, one)
      return value !== undefined && (typeof value !== 'object' || value === null)
    })
    return parent === undefined ? [] : [{ path, parent, value: valueAt(stored, parent) }]
  })
}

const parentsOf = (path: string): string[] =>
  path
    .split('.')
    .slice(0, -1)
    .map((_, index, keys) => keys.slice(0, index + 1).join('.'))

/** Omits the app's defaults that an index cannot hold from the insert. mongoose adds them when the document is read. */
async function omitDefaults(refusal: Refusal, by: LastingRefusal): Promise<RetryState | undefined> {
  const { incoming, state, own } = refusal
  if (own) return undefined
  const paths = (await indexedPaths(refusal, by)).filter((path) => {
    return mappedPaths(incoming, [path]).length === 0 && !state.omitted.has(path)
  })
  return paths.length > 0 ? state.plus('omitted', paths) : undefined
}

/** Finds the paths behind a refusal that names none. */
async function unnamedPaths(refusal: Refusal, by: LastingRefusal): Promise<string[]> {
  if (!/^Mongo/.test(by.name)) return unsendablePaths(refusal)
  if (by.code !== PATH_NOT_VIABLE) return indexedPaths(refusal, by)
  return (await unviablePaths(refusal)).map(({ path }) => path)
}

/** Paths whose value BSON cannot represent, such as a key with a null byte. */
function unsendablePaths({ target, state }: Refusal): string[] {
  const { BSON } = target.model.base.mongo
  const isUnsendable = ([, value]: [string, unknown]) => {
    try {
      BSON.serialize({ value })
      return false
    } catch {
      return true
    }
  }
  return state
    .entries()
    .filter(isUnsendable)
    .map(([path]) => path)
}

/** Paths of the only indexes that can have caused such a refusal, which names none. */
async function indexedPaths({ target, context }: Refusal, { code }: LastingRefusal): Promise<string[]> {
  if (![...geoCodes, ...languageCodes].includes(code)) return []
  const indexes = await listIndexes(target, context)
  if (languageCodes.includes(code))
    return indexes.flatMap(({ textIndexVersion, language_override }) =>
      textIndexVersion === undefined ? [] : [String(language_override ?? 'language')],
    )
  return indexes.flatMap(({ key }) => Object.keys(key).filter((path) => /^2d/.test(String(key[path]))))
}

/** Classifies an error about the written values; rethrows all others. */
export function refusal(error: unknown): Extract<Attempt, { kind: 'collided' | 'refused' }> {
  if (isDuplicateKey(error)) return { kind: 'collided', index: refusingIndex(error) }
  if (!isLastingRefusal(error)) throw error
  return { kind: 'refused', paths: refusedPaths(error), by: error }
}
