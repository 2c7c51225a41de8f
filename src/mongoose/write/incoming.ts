import { isPlaceholder } from '../../map/placeholder'
import type { Changes, ConflictReason, LinkBy } from '../../store/write'
import { isImmutable, makeCandidate, plainView, storedValue } from '../schema/candidate'
import { canonical } from '../target/canonical'
import { type AnyDoc, type Target, valueAt } from '../target/target'
import { fallbackValuesOf, neededPaths } from './fallback-values'
import { isUntouched } from './fingerprints'

/** Something of Clerk's on its way into the database: the state at one version, in the host's paths. */
export interface Incoming {
  clerkId: string
  /** The version. */
  at: Date
  /** Just fetched from Clerk: an equal version is applied as well. */
  fromApi: boolean
  /** By path; `undefined` where Clerk has none. */
  values: ReadonlyMap<string, unknown>
  /** What MongoDB owns, as far as Clerk says something of it: written with an insert, and where the document holds no opinion. */
  onInsert: ReadonlyMap<string, unknown>
  /** A local account may hold the address in another spelling. */
  looksForSpellings: boolean
  /** Clerk reports the address at the e-mail path as not verified. */
  isUnverified: boolean
  /** What Clerk was told to know one of our documents by, where such is told. */
  externalId: string | undefined
  /** Whether it may take over the local document that holds the e-mail address it is to be stored with. */
  mayLink(local: AnyDoc): Promise<boolean>
  /** The rule behind `mayLink`, for messages. */
  linkBy: LinkBy
  /** The same as Clerk has it now. `undefined`: nobody to ask, or Clerk does not know it. */
  refetch(): Promise<Incoming | undefined>
  /** Applies what Clerk has now for another id. `unknown`: Clerk has no such user. `unasked`: there is no key to ask with. */
  refreshOther(clerkId: string): Promise<'refreshed' | 'unknown' | 'unasked'>
}

/** What a write gives up, round by round, so that it can be made at all. */
export class Concessions {
  /** How far down `fallbackValuesOf` a path had to go. */
  private readonly levels = new Map<string, number>()
  private readonly needed: Set<string>
  /** Paths left as they are, with the reason; such a write never inserts. */
  readonly withheld = new Map<string, ConflictReason>()
  /** Paths that the schema refused by itself, and takes on the stored document, or leaves to a unique index. */
  readonly accepted = new Set<string>()
  /** Defaults that the insert leaves out, since a unique index has them already. */
  readonly omitted = new Set<string>()
  /** Paths whose parent is `null` in the stored document, so that the parent is written as a whole. */
  readonly whole = new Set<string>()
  /** Paths that MongoDB owns where the schema refuses what Clerk has. */
  readonly unfit = new Set<string>()
  /** Other ids that Clerk was asked about. */
  readonly asked = new Set<string>()
  /** Other ids that Clerk does not know any more. */
  readonly gone = new Set<string>()
  /** The local document to take over. */
  linkTo: AnyDoc | undefined
  /** Why something of Clerk's was left out that is no conflict of the user: a local account, a value that MongoDB owns. */
  leftOut: ConflictReason | undefined
  /** A local change waits to be pushed: what the document says of that stays as it is. */
  isPending = false
  /** A conflict is shown that this version ends, unless it has one of its own. */
  endsConflict = false
  /** Our own push come back. `yes`: it changes nothing, so its version is taken and no hook is to run. */
  echo: 'perhaps' | 'yes' | 'no' = 'perhaps'
  /** What Clerk has of what MongoDB owns: as asked by the guard, the same by another look, or other values, which Clerk is to lose. */
  owned: 'perhaps' | 'same' | 'differs' = 'perhaps'
  /** Owned paths on which the document holds no opinion, so that Clerk's value is taken: what it has there. */
  taken: ReadonlyMap<string, unknown> = new Map()
  /** A local document that it belongs to is to be looked for before one is inserted. */
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

  /** Whether the value at `path` is still Clerk's own, which another may have to yield to. */
  isOwn(path: string): boolean {
    return (this.levels.get(path) ?? 0) === 0
  }

  /** Goes one form down; `false` when there is none left. */
  concede(path: string): boolean {
    const next = (this.levels.get(path) ?? 0) + 1
    if (next >= this.fallbackValuesAt(path).length) return false
    this.levels.set(path, next)
    return true
  }

  /** Notes that an index counts a missing value at `path`; `false` when that was known. */
  need(path: string): boolean {
    if (this.needed.has(path)) return false
    this.needed.add(path)
    return true
  }

  /** Every value that `path` may rightly have for this version. */
  fallbackValuesAt(path: string): unknown[] {
    const { values, onInsert, clerkId } = this.incoming
    return fallbackValuesOf(this.target, path, values.get(path) ?? onInsert.get(path), clerkId, this.needed.has(path))
  }

  /** The paths to write, with their values. */
  entries(): [path: string, value: unknown][] {
    const paths = [...this.incoming.values.keys()].filter((path) => !this.withheld.has(path))
    return paths.map((path) => [path, this.valueOf(path)])
  }

  /** Does without what MongoDB owns at a path: the schema, an index or the server refuses what Clerk has. */
  leaveOut(path: string, reason: ConflictReason): void {
    this.unfit.add(path)
    if (this.taken.has(path)) this.leftOut ??= reason
  }

  /** The paths to write with an insert beside those. */
  insertEntries(): [path: string, value: unknown][] {
    const paths = [...this.incoming.onInsert.keys()].filter((path) => !this.unfit.has(path))
    return paths.map((path) => [path, this.valueOf(path)])
  }
}

/** Whether a stored document already holds what this version says. */
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
    // Going without is right only for a user who has none; with a value of Clerk's it is a loss worth mending.
    const others = concessions.fallbackValuesAt(path).slice(1)
    return holdsAny(
      target,
      stored,
      path,
      others.filter((form) => !goesWithout(form, incoming, path)),
    )
  })
}

/** Whether a value stands for one that Clerk does not have, be it for an index that only the server knows. */
function isMadeUp({ paths }: Target, { values, clerkId }: Incoming, path: string, found: unknown): boolean {
  if (path !== paths.email && path !== paths.username) return false
  return values.get(path) === undefined && typeof found === 'string' && isPlaceholder(found, clerkId)
}

/** Whether a stored document holds one of these values at a path, as the schema would store them. */
export function holdsAny(target: Target, stored: AnyDoc, path: string, fallbacks: readonly unknown[]): boolean {
  const found = canonical(valueAt(stored, path))
  return fallbacks.some((form) => canonical(storedValue(makeCandidate(target, [[path, form]]), path)) === found)
}

/** What a write changed of the document as it was. */
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
