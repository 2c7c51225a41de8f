import type { LinkBy } from '../../store/write'
import type { AnyDoc } from '../target/target'

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
  /**
   * Fetches this user, or another one, as Clerk has it now. `null`: Clerk has no such user. `undefined`: there is no
   * secret key.
   */
  fetch(clerkId: string): Promise<Incoming | null | undefined>
}
