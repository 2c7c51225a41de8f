import { type AnyDoc, type Target, valueAt } from '../target/target'

/** A version in Clerk that one of our pushes created. */
export interface PushedVersion {
  at: Date
  /** Previous version; a reader that has it needs nothing from `at`. */
  from: Date
}

/** The largest number of pushed versions whose events can still be on their way. */
export const MAX_PUSHED = 20

/** The pushed versions that a document has recorded. */
export function pushedVersions({ paths }: Target, doc: AnyDoc): PushedVersion[] {
  const noted = valueAt(doc, paths.clerkPushedVersions)
  return Array.isArray(noted) ? noted.filter(({ at, from }) => at instanceof Date && from instanceof Date) : []
}
