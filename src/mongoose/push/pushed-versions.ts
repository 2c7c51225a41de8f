import { type AnyDoc, type Target, valueAt } from '../target/target'

/** A version in Clerk that one of our pushes created. */
export interface PushedVersion {
  at: Date
  /** The version before the push. Except for our values, it equals `at`. */
  from: Date
}

/** The largest number of pushed versions that are recorded until their events arrive. */
export const MAX_PUSHED = 20

/** The pushed versions that a document has recorded. */
export function pushedVersions({ paths }: Target, doc: AnyDoc): PushedVersion[] {
  const noted = valueAt(doc, paths.clerkPushedVersions)
  return Array.isArray(noted) ? noted.filter(({ at, from }) => at instanceof Date && from instanceof Date) : []
}
