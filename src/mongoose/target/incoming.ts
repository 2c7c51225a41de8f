import type { ConflictReason, LinkBy, WriteContext } from '../../store/write'

type AnyDoc = Record<string, unknown>

/** A resource's state at one version, in the app's paths, on its way to the database. */
export interface Incoming {
  clerkId: string
  /** The ids of the resources that it belongs to: see `Entity.owners`. */
  owners: readonly string[]
  /** The version. */
  at: Date
  /** Fetched from the Backend API: apply an equal version too. */
  fromApi: boolean
  /** Values by path; `undefined` if Clerk has none. */
  values: ReadonlyMap<string, unknown>
  /** Paths among them whose value changes in Clerk without a new version. They take no part in comparisons. */
  uncompared: ReadonlySet<string>
  /**
   * Clerk's values for paths that MongoDB owns. Written with an insert, and to documents where the app has not set the
   * path.
   */
  onInsert: ReadonlyMap<string, unknown>
  /** The library's own fields about a mapped path, written while that path is; `undefined` removes one. */
  notes: readonly { of: string; path: string; value: unknown }[]
  /** How the claim to a value compares with that of another living resource, apart from their versions. */
  claim(path: string, holder: AnyDoc): 'weaker' | 'equal' | 'stronger'
  /** Conditions, besides an older version, under which another document gives up a value. */
  strongerClaims(path: string): AnyDoc[]
  /** What was found of local documents that could become this resource. `undefined`: none can. */
  locals: LocalDocuments | undefined
  /**
   * Fetches this resource, or another one, as Clerk has it now. `null`: Clerk has no such resource. `undefined`: there
   * is no secret key.
   */
  fetch(clerkId: string): Promise<Incoming | null | undefined>
}

/** The local documents that a new resource may belong to. */
export interface LocalDocuments {
  /** The path whose value shows that a local document may be the same. */
  path: string
  /** Whether to look for one before an insert, because no unique index would refuse it. */
  isToBeFound: boolean
  /** Clerk's external id, if external ids refer to our documents. */
  externalId: string | undefined
  /** Whether one may have the value at `path` in another spelling. */
  looksForSpellings: boolean
  /** Looks for one. @param value The value to be written at `path`. */
  find(value: unknown, context: WriteContext): Promise<{ linkTo?: AnyDoc; conflict?: ConflictReason }>
  /** Whether the resource may take over a local document with its value at `path`. */
  mayLink(local: AnyDoc): Promise<boolean>
  /** The rule behind `mayLink`, for messages. */
  linkBy: LinkBy
}
