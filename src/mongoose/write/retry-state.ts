import type { ConflictReason } from '../../store/write'
import { neededPaths } from '../schema/needed-paths'
import type { Entity } from '../target/entity'
import type { Incoming } from '../target/incoming'
import type { AnyDoc, Target } from '../target/target'

/** What a read of the stored document showed about changes that are pushed to Clerk. */
export interface PushReading {
  /** A local change waits to be pushed; the write leaves its status as it is. */
  isPending: boolean
  /** The event's version is one that our own push created, so the guard need not exclude it. */
  isOwnVersion: boolean
  /** The event is the echo of our own push and changes nothing: only its version is stored, and no hook runs. */
  isEcho: boolean
  /** Clerk's values differ from those that MongoDB owns, which must be pushed again. */
  differs: boolean
  /** The document shows a conflict that this version resolves, unless it has a conflict itself. */
  endsConflict: boolean
}

/** The fields of a state, without its methods. */
type Relaxations = {
  [Key in keyof RetryState as RetryState[Key] extends (...args: never[]) => unknown ? never : Key]: RetryState[Key]
}

/** How the next attempt of a write is relaxed. Immutable: each refused round returns the next state. */
export class RetryState {
  /** How many fallback values of a path were skipped. */
  readonly skipped: ReadonlyMap<string, number> = new Map()
  /** Paths that must not be empty. */
  readonly needed: ReadonlySet<string>
  /** Paths left unchanged, with the reason. Such a write never inserts. */
  readonly withheld: ReadonlyMap<string, ConflictReason> = new Map()
  /** Paths that the schema refuses on a new document but allows on the stored one, or leaves to a unique index. */
  readonly accepted: ReadonlySet<string> = new Set()
  /** Defaults omitted from the insert, because a unique index already has them. */
  readonly omitted: ReadonlySet<string> = new Set()
  /** Paths that are `null` in the stored document and are therefore written as a whole. */
  readonly whole: ReadonlySet<string> = new Set()
  /** Paths that MongoDB owns and whose value from Clerk was refused. */
  readonly unfit: ReadonlySet<string> = new Set()
  /** Owned paths that the app has not set and that get Clerk's value, with the stored value. */
  readonly taken: ReadonlyMap<string, unknown> = new Map()
  /** Other users as Clerk has them now, by id. `null`: Clerk has no such user. */
  readonly fetched: ReadonlyMap<string, Incoming | null> = new Map()
  /** The local document to take over. */
  readonly linkTo: AnyDoc | undefined = undefined
  /** Why a value of Clerk's was left out although the user has no conflict: a local account, or an owned value. */
  readonly leftOut: ConflictReason | undefined = undefined
  /** `undefined` until the document was read. The guard then checks everything itself. */
  readonly push: PushReading | undefined = undefined
  /** Whether a matching local document must be looked for before an insert. */
  readonly isUpdateOnly: boolean

  /** The state before the first attempt: nothing is relaxed. */
  constructor(
    private readonly target: Target,
    private readonly incoming: Pick<Incoming, 'clerkId' | 'values' | 'onInsert' | 'locals'>,
  ) {
    this.needed = neededPaths(target)
    this.isUpdateOnly = incoming.locals?.isToBeFound ?? false
  }

  /** The resource that is written. */
  get entity(): Entity {
    return this.target.options.entity
  }

  /** This state with other values for some fields. */
  with(changes: Partial<Relaxations>): RetryState {
    return Object.assign(Object.create(RetryState.prototype), this, changes)
  }

  /** This state with more paths in one of its sets. */
  plus(name: 'accepted' | 'omitted' | 'whole', added: Iterable<string>): RetryState {
    return this.with({ [name]: new Set([...this[name], ...added]) })
  }

  /** The value to write at `path` now. */
  valueOf(path: string): unknown {
    return this.fallbackValuesAt(path)[this.skipped.get(path) ?? 0]
  }

  /** Whether the value at `path` is still Clerk's own, and not a fallback. */
  isOwn(path: string): boolean {
    return (this.skipped.get(path) ?? 0) === 0
  }

  /** The state with the next fallback value at `path`; `undefined` if there is none. */
  nextValue(path: string): RetryState | undefined {
    const next = (this.skipped.get(path) ?? 0) + 1
    if (next >= this.fallbackValuesAt(path).length) return undefined
    return this.with({ skipped: new Map([...this.skipped, [path, next]]) })
  }

  /** The state in which `path` must not be empty, because an index counts a missing value; `undefined` if known. */
  needing(path: string): RetryState | undefined {
    return this.needed.has(path) ? undefined : this.with({ needed: new Set([...this.needed, path]) })
  }

  /** All valid values of `path` for this version, best first. */
  fallbackValuesAt(path: string): unknown[] {
    const { values, onInsert, clerkId } = this.incoming
    const value = values.get(path) ?? onInsert.get(path)
    return this.entity.fallbackValues(this.target.paths, path, value, clerkId, this.needed.has(path))
  }

  /** The paths to write, with their values. */
  entries(): [path: string, value: unknown][] {
    const paths = [...this.incoming.values.keys()].filter((path) => !this.withheld.has(path))
    return paths.map((path) => [path, this.valueOf(path)])
  }

  /** The additional paths to write with an insert. */
  insertEntries(): [path: string, value: unknown][] {
    const paths = [...this.incoming.onInsert.keys()].filter((path) => !this.unfit.has(path))
    return paths.map((path) => [path, this.valueOf(path)])
  }

  /** The state in which these mapped paths are left unchanged. */
  withholding(reasons: Iterable<readonly [path: string, reason: ConflictReason]>): RetryState {
    return this.with({ withheld: new Map([...this.withheld, ...reasons]) })
  }

  /** The state without an owned path, because the schema, an index or the server refuses Clerk's value. */
  leavingOut(path: string, reason: ConflictReason): RetryState {
    const leftOut = this.leftOut ?? (this.taken.has(path) ? reason : undefined)
    return this.with({ unfit: new Set([...this.unfit, path]), leftOut })
  }
}
