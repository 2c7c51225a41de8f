import { type AnyDoc, type Target, valueAt } from '../target/target'

/** A version that a push of ours made at Clerk. */
export interface PushedVersion {
  at: Date
  /** The version before it: to whom that is known, nothing in `at` is news. */
  from: Date
}

/** As many as can be on their way to us at once. */
export const MAX_PUSHED = 20

/** The versions that a document remembers as ours. */
export function pushedVersions({ paths }: Target, doc: AnyDoc): PushedVersion[] {
  const noted = valueAt(doc, paths.clerkPushedVersions)
  return Array.isArray(noted) ? noted.filter(({ at, from }) => at instanceof Date && from instanceof Date) : []
}
