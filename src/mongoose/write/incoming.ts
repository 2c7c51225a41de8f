import { isPlaceholder } from '../../map/placeholder'
import type { Changes, ConflictReason, LinkBy } from '../../store/write'
import { isImmutable, makeCandidate, plainView, storedValue } from '../schema/candidate'
import { canonical } from '../target/canonical'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import { fallbackValuesOf, neededPaths } from './fallback-values'
import { isUntouched } from './fingerprints'

/** A user's state at one version, in the app's paths, on its way to the database. */
export interface Incoming {
  clerkId: string
  /** The version. */
  at: Date
  /** Fetched from the Backend API: apply an equal version too. */
  fromApi: boolean
  /** Values by path; `undefined` if Clerk has none. */
  values: ReadonlyMap<string, unknown>
  /**
   * Clerk's values for paths that MongoDB owns. Written with an insert, and to documents where the app has not set the
   * path.
   */
  onInsert: ReadonlyMap<string, unknown>
  /** Whether a local account may have the address in another spelling. */
  looksForSpellings: boolean
  /** Whether Clerk reports the address at the e-mail path as unverified. */
  isUnverified: boolean
  /** Clerk's external id, if external ids refer to our documents. */
  externalId: string | undefined
  /** Whether the user may take over the local document with its e-mail address. */
  mayLink(local: AnyDoc): Promise<boolean>
  /** The rule behind `mayLink`, for messages. */
  linkBy: LinkBy
  /** Fetches the user again. `undefined` without a secret key, or if Clerk does not have the user. */
  refetch(): Promise<Incoming | undefined>
  /** Fetches and applies another user. `unknown`: Clerk has no such user. `unasked`: there is no secret key. */
  refreshOther(clerkId: string): Promise<'refreshed' | 'unknown' | 'unasked'>
}

/** Relaxations applied after a refused attempt, so that the next one can succeed. */
export class Concessions {
  /** How many fallback values of a path have been skipped. */
  private readonly levels = new Map<string, number>()
  private readonly needed: Set<string>
  /** Paths left unchanged, with the reason. Such a write never inserts. */
  readonly withheld = new Map<string, ConflictReason>()
  /** Paths that the schema refuses on a new document but allows on the stored one, or leaves to a unique index. */
  readonly accepted = new Set<string>()
  /** Defaults omitted from the insert, because a unique index already has them. */
  readonly omitted = new Set<string>()
  /** Paths that are `null` in the stored document and are therefore written as a whole. */
  readonly whole = new Set<string>()
  /** Paths that MongoDB owns and whose value from Clerk was refused. */
  readonly unfit = new Set<string>()
  /** Other ids already fetched from Clerk. */
  readonly asked = new Set<string>()
  /** Other ids that Clerk no longer has. */
  readonly gone = new Set<string>()
  /** The local document to take over. */
  linkTo: AnyDoc | undefined
  /**
   * Why a value of Clerk's was left out without a conflict of the user: a local account, or a value that MongoDB owns.
   */
  leftOut: ConflictReason | undefined
  /** A local change waits to be pushed; the write leaves its status as it is. */
  isPending = false
  /** The document shows a conflict that this version resolves, unless it has a conflict itself. */
  endsConflict = false
  /**
   * Whether the event is the echo of our own push. `yes`: it changes nothing, so only its version is stored and no hook
   * runs.
   */
  echo: 'perhaps' | 'yes' | 'no' = 'perhaps'
  /**
   * How Clerk's values compare with those that MongoDB owns: to be checked by the guard, the same, or different and to
   * be overwritten in Clerk.
   */
  owned: 'perhaps' | 'same' | 'differs' = 'perhaps'
  /** Owned paths that the app has not set, with Clerk's value to store there. */
  taken: ReadonlyMap<string, unknown> = new Map()
  /** Whether a matching local document must be looked for before an insert. */
  isUpdateOnly: boolean

  constructor(
    private readonly target: Target,
    private readonly incoming: Pick<Incoming, 'clerkId' | 'values' | 'onInsert' | 'externalId' | 'looksForSpellings'>,
  ) {
    this.needed = neededPaths(target)
    this.isUpdateOnly = incoming.externalId !== undefined || incoming.looksForSpellings
  }

  /** The value to write at `path` now. */
  valueOf(path: string): unknown {
    return this.fallbackValuesAt(path)[this.levels.get(path) ?? 0]
  }

  /** Whether the value at `path` is still Clerk's own, and not a fallback. */
  isOwn(path: string): boolean {
    return (this.levels.get(path) ?? 0) === 0
  }

  /** Moves on to the next fallback value; `false` if there is none. */
  concede(path: string): boolean {
    const next = (this.levels.get(path) ?? 0) + 1
    if (next >= this.fallbackValuesAt(path).length) return false
    this.levels.set(path, next)
    return true
  }

  /** Records that an index counts a missing value at `path`; `false` if that was known. */
  need(path: string): boolean {
    if (this.needed.has(path)) return false
    this.needed.add(path)
    return true
  }

  /** All valid values of `path` for this version, best first. */
  fallbackValuesAt(path: string): unknown[] {
    const { values, onInsert, clerkId } = this.incoming
    return fallbackValuesOf(this.target, path, values.get(path) ?? onInsert.get(path), clerkId, this.needed.has(path))
  }

  /** The paths to write, with their values. */
  entries(): [path: string, value: unknown][] {
    const paths = [...this.incoming.values.keys()].filter((path) => !this.withheld.has(path))
    return paths.map((path) => [path, this.valueOf(path)])
  }

  /** Drops an owned path, because the schema, an index or the server refuses Clerk's value. */
  leaveOut(path: string, reason: ConflictReason): void {
    this.unfit.add(path)
    if (this.taken.has(path)) this.leftOut ??= reason
  }

  /** The additional paths to write with an insert. */
  insertEntries(): [path: string, value: unknown][] {
    const paths = [...this.incoming.onInsert.keys()].filter((path) => !this.unfit.has(path))
    return paths.map((path) => [path, this.valueOf(path)])
  }
}

/** Whether a stored document already has the values of this version. */
export function holdsSame(target: Target, incoming: Incoming, stored: AnyDoc): boolean {
  const concessions = new Concessions(target, incoming)
  const first = makeCandidate(target, concessions.entries(), incoming)
  const asGiven = plainView(first)
  return [...incoming.values.keys()].every((path) => {
    if (isImmutable(target.model, path, first)) return true
    const found = valueAt(stored, path)
    if (canonical(valueAt(asGiven, path)) === canonical(found)) return true
    if (isUntouched(target, stored, path, incoming.at)) return true
    if (isMadeUp(target, incoming, path, found)) return true
    // A missing value is right only for a user who has none; otherwise it is worth repairing.
    const others = concessions.fallbackValuesAt(path).slice(1)
    return holdsAny(
      target,
      stored,
      path,
      others.filter((form) => !goesWithout(form, incoming, path)),
    )
  })
}

/**
 * Whether a stored value is a placeholder for one that Clerk does not have, possibly required by an index that only the
 * server has.
 */
function isMadeUp({ paths }: Target, { values, clerkId }: Incoming, path: string, found: unknown): boolean {
  if (path !== paths.email && path !== paths.username) return false
  return values.get(path) === undefined && typeof found === 'string' && isPlaceholder(found, clerkId)
}

/** Whether a stored document has one of these values at a path, as the schema would store them. */
export function holdsAny(target: Target, stored: AnyDoc, path: string, fallbacks: readonly unknown[]): boolean {
  const found = canonical(valueAt(stored, path))
  return fallbacks.some((form) => canonical(storedValue(makeCandidate(target, [[path, form]]), path)) === found)
}

/** What a write changed in the document, by path. */
export function changesSince(before: AnyDoc, entries: Iterable<readonly [string, unknown]>, after: AnyDoc): Changes {
  const pairs = [...entries].map(([path]) => {
    return [path, { before: valueAt(before, path), after: valueAt(after, path) ?? undefined }] as const
  })
  return Object.fromEntries(pairs.filter(([, change]) => canonical(change.before) !== canonical(change.after)))
}

function goesWithout(form: unknown, { clerkId, values }: Incoming, path: string): boolean {
  if (form === undefined) return true
  return values.get(path) !== undefined && typeof form === 'string' && isPlaceholder(form, clerkId)
}
