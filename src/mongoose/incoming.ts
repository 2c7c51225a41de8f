import type { HydratedDocument } from 'mongoose'
import { isPlaceholder } from '../map/placeholder'
import type { Changes, ConflictReason } from '../store'
import { formsOf, neededPaths } from './forms'
import { type AnyDoc, schemaOf, schemaPath, type Target, valueAt } from './target'

/** Something of Clerk's on its way into the database: the state at one version, in the host's paths. */
export interface Incoming {
  clerkId: string
  /** The version. */
  at: Date
  /** Just fetched from Clerk: an equal version is applied as well. */
  truth: boolean
  /** By path; `undefined` where Clerk has none. */
  values: ReadonlyMap<string, unknown>
  /** What MongoDB owns: written with an insert alone. */
  onInsert: ReadonlyMap<string, unknown>
  /** What Clerk was told to know one of our documents by, where such is told. */
  externalId: string | undefined
  /** Whether it may take over the local document that holds the e-mail address it is to be stored with. */
  mayLink(local: AnyDoc): Promise<boolean>
  /** The same as Clerk has it now. `undefined`: nobody to ask, or Clerk does not know it. */
  refetch(): Promise<Incoming | undefined>
  /** Applies what Clerk has now for another id; `false`: nobody to ask, or Clerk does not know it. */
  refreshOther(clerkId: string): Promise<boolean>
}

/** What a write gives up, round by round, so that it can be made at all. */
export class Concessions {
  /** How far down `formsOf` a path had to go. */
  private readonly levels = new Map<string, number>()
  private readonly needed: Set<string>
  /** Paths left as they are, with the reason; such a write never inserts. */
  readonly withheld = new Map<string, ConflictReason>()
  /** Other ids that Clerk was asked about. */
  readonly asked = new Set<string>()
  /** `_id` of the local document to take over. */
  linkTo: unknown
  /** A local change waits to be pushed: what the document says of that stays as it is. */
  isPending = false
  /** A conflict is shown that this version ends, unless it has one of its own. */
  endsConflict = false
  /** Our own push come back. `yes`: it changes nothing, so its version is taken and no hook is to run. */
  echo: 'perhaps' | 'yes' | 'no' = 'perhaps'
  /** What Clerk has of what MongoDB owns: as asked by the guard, the same by another look, or other values, which Clerk is to lose. */
  owned: 'perhaps' | 'same' | 'differs' = 'perhaps'
  /** A local document that it belongs to is to be looked for before one is inserted. */
  isUpdateOnly: boolean

  constructor(
    private readonly target: Target,
    private readonly incoming: Pick<Incoming, 'clerkId' | 'values' | 'onInsert' | 'externalId'>,
  ) {
    this.needed = neededPaths(target)
    this.isUpdateOnly = incoming.externalId !== undefined
  }

  /** The value to write at `path` now. */
  valueOf(path: string): unknown {
    return this.forms(path)[this.levels.get(path) ?? 0]
  }

  /** Whether the value at `path` is still Clerk's own, which another may have to yield to. */
  isOwn(path: string): boolean {
    return (this.levels.get(path) ?? 0) === 0
  }

  /** Goes one form down; `false` when there is none left. */
  concede(path: string): boolean {
    const next = (this.levels.get(path) ?? 0) + 1
    if (next >= this.forms(path).length) return false
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
  forms(path: string): unknown[] {
    const { values, onInsert, clerkId } = this.incoming
    return formsOf(this.target, path, values.get(path) ?? onInsert.get(path), clerkId, this.needed.has(path))
  }

  /** The paths to write, with their values. */
  entries(): [path: string, value: unknown][] {
    const paths = [...this.incoming.values.keys()].filter((path) => !this.withheld.has(path))
    return paths.map((path) => [path, this.valueOf(path)])
  }

  /** The paths to write with an insert beside those. */
  insertEntries(): [path: string, value: unknown][] {
    return [...this.incoming.onInsert.keys()].map((path) => [path, this.valueOf(path)])
  }
}

export type Candidate = HydratedDocument<AnyDoc>

/** The document an insert would make: the host's defaults, casts and setters applied. Never saved. */
export function candidate(target: Target, entries: Iterable<readonly [string, unknown]>): Candidate {
  const doc = new target.model()
  for (const [path, value] of entries) if (value !== undefined) doc.set(path, value)
  doc.set(target.paths.authProvider, 'clerk')
  return doc
}

/** A value of a candidate as it would be stored. */
export const storedValue = (doc: Candidate, path: string): unknown => doc.get(path, undefined, { getters: false })

/** A path the host requires that an insert would leave empty, or `undefined`. */
export function missingRequired(target: Target, doc: Candidate): string | undefined {
  const required = schemaOf(target.model)
    .requiredPaths(true)
    .filter((path) => path !== target.idPath && path !== '_id')
  return required.find((path) => !passes(target, doc, path, 'required'))
}

/** Whether a candidate's value passes the path's validators (of one type, or all). One that has to wait counts as passing. */
export function passes(target: Target, doc: Candidate, path: string, type?: string): boolean {
  const validators = schemaPath(target.model, path)?.validators ?? []
  const asked = validators.filter((validator) => type === undefined || validator.type === type)
  return asked.every(({ validator }) => {
    // mongoose's own validators return 0 for no; nothing at all counts as yes.
    const verdict = (validator as Validate).call(doc, storedValue(doc, path))
    return verdict === undefined || Boolean(verdict)
  })
}

type Validate = (this: Candidate, value: unknown) => unknown

/** Whether a stored document already holds what this version says. */
export function holdsSame(target: Target, incoming: Incoming, stored: AnyDoc): boolean {
  const concessions = new Concessions(target, incoming)
  return [...incoming.values.keys()].every((path) => {
    const found = canonical(valueAt(stored, path))
    const doc = candidate(target, [])
    return concessions.forms(path).some((form, level) => {
      // Going without is right only for a user who has none; with a value of Clerk's it is a loss worth mending.
      if (level > 0 && goesWithout(form, incoming, path)) return false
      if (form !== undefined) doc.set(path, form)
      return canonical(storedValue(doc, path)) === found
    })
  })
}

/** Whether a stored document holds one of these values at a path, as the schema would store them. */
export function holdsAny(target: Target, stored: AnyDoc, path: string, forms: readonly unknown[]): boolean {
  const found = canonical(valueAt(stored, path))
  return forms.some((form) => {
    const doc = candidate(target, [])
    doc.set(path, form)
    return canonical(storedValue(doc, path)) === found
  })
}

/** What a write changed of the document as it was. */
export function changesSince(before: AnyDoc, entries: Iterable<readonly [string, unknown]>, doc: Candidate): Changes {
  const pairs = [...entries].map(([path]) => {
    return [path, { before: valueAt(before, path), after: storedValue(doc, path) ?? undefined }] as const
  })
  return Object.fromEntries(pairs.filter(([, change]) => canonical(change.before) !== canonical(change.after)))
}

function goesWithout(form: unknown, { clerkId, values }: Incoming, path: string): boolean {
  if (form === undefined) return true
  return values.get(path) !== undefined && typeof form === 'string' && isPlaceholder(form, clerkId)
}

/** One text for equal values, whether from mongoose or from the driver. */
export function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return inner.toString()
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    // The driver's Binary becomes base64 here, Node's Buffer this.
    if ('type' in inner && inner.type === 'Buffer' && 'data' in inner)
      return Buffer.from(inner.data as number[]).toString('base64')
    // mongoose gives subdocuments an `_id`, a new one in each candidate.
    const entries = Object.entries(inner).filter(([key]) => key !== '_id')
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
