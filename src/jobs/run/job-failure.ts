import type { ClerkSyncErrorCode } from '../../errors'

/** A user that a job could not synchronize. Names paths, never values. */
export interface JobFailure {
  /** Clerk id of the user; empty for local accounts. */
  clerkId: string
  /** The error's or the conflict's code. */
  code: ClerkSyncErrorCode | 'host_rule' | 'missing_id'
  /** The schema path concerned, if there is one. */
  path?: string
  /** Explanation for people. */
  message: string
}
