import type { Changes, ConflictReason, WriteContext } from '../../store/write'
import type { LastingRefusal } from '../command/lasting-refusal'
import type { Incoming } from '../target/incoming'
import type { AnyDoc, Target } from '../target/target'
import { type ConflictAt, hostRule } from './conflict-reason'
import type { RetryState } from './retry-state'

/** An attempt that wrote. */
export interface AppliedAttempt {
  kind: 'created' | 'updated' | 'linked'
  /** What changed, if requested. */
  changes?: Changes
}

/** Result of one attempt of a guarded write. */
export type Attempt =
  | AppliedAttempt
  /** The guard matched nothing, and nothing was inserted. */
  | { kind: 'missed' }
  /** The app's schema prevents the insert because of this path. */
  | { kind: 'missed'; required: string }
  | { kind: 'collided'; index: string | undefined }
  /** The schema or the server refuses the values at these paths; empty if it names none. */
  | { kind: 'refused'; paths: string[]; by?: LastingRefusal }

/** Whether an attempt wrote. */
export const isApplied = (attempt: Attempt): attempt is AppliedAttempt =>
  attempt.kind === 'created' || attempt.kind === 'updated' || attempt.kind === 'linked'

/** A write that collided with a unique index, with its context. */
export interface Collision {
  target: Target
  incoming: Incoming
  state: RetryState
  context: WriteContext
  /** Name of the index. */
  index: string | undefined
  /** The user's own document, if there is one. */
  own: AnyDoc | undefined
}

/** What to do about a refused write: retry with another state, or give up with a conflict. */
export type Resolution =
  | {
      retry: RetryState
      /** No cause was found, or it is gone meanwhile. */
      isUnexplained?: boolean
    }
  | { conflict: ConflictReason }
  | /** Another resource shows that this one is gone. */ { outcome: 'stale' }

/** Tries again with this state. */
export const retry = (state: RetryState): Resolution => ({ retry: state })
/** Tries again with this state, although nothing explains the refusal. */
export const unexplained = (state: RetryState): Resolution => ({ retry: state, isUnexplained: true })
/** Gives up with this conflict. */
export const conflict = (reason: ConflictReason): Resolution => ({ conflict: reason })
/** Retries with the next fallback value at a path; gives up if there is none. */
export const nextOrTaken = (state: RetryState, path: string): Resolution => {
  const next = state.nextValue(path)
  return next ? retry(next) : conflict(hostRule(state.entity, path, 'taken'))
}

/** An existing document gets all values except this path; a new one is not created. */
export function withhold({ own, state }: Collision, reason: ConflictAt): Resolution {
  return own ? retry(state.withholding([[reason.path, reason]])) : conflict(reason)
}
