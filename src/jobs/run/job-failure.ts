import type { ClerkSyncErrorCode } from '../../errors'

/** A user that a job could not put in step. Names paths, never values. */
export interface JobFailure {
  clerkId: string
  code: ClerkSyncErrorCode | 'host_rule' | 'missing_id'
  path?: string
  message: string
}
