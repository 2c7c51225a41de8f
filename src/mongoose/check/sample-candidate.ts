import { isClerkSyncError } from '../../errors'
import type { ClerkResourceJSON } from '../../events/events'
import { type Candidate, judgeNow, makeCandidate } from '../schema/candidate'
import { mappedFields } from '../schema/fields'
import type { ResolvedRules } from '../target/entity'
import type { Target } from '../target/target'
import { pushExtension, type SplitValues } from '../write/push-extension'
import { RetryState } from '../write/retry-state'

/** The document that the rules and the schema make of a sample user. */
export interface SampleCandidate {
  doc: Candidate
  /** Paths that `mapUser` returns. */
  mapped: string[]
  split: SplitValues
  /** Keys of `mapUser` whose path cannot be written. */
  unwritten: { key: string; why: 'unknown' | 'reserved' }[]
  /** Paths that the schema refuses. */
  refused: string[]
  /** Exception of the app's code for the sample. */
  failure: Error | undefined
}

/** Creates and validates the document of a sample user, without async validators. */
export function sampleCandidate(target: Target, rules: ResolvedRules, user: ClerkResourceJSON): SampleCandidate {
  const { values: mapped, refused: unwritten } = mappedFields(target, target.options.entity.map(rules, user))
  const given = [...mapped.keys()]
  const extension = pushExtension(target)
  const split = extension?.split(target, user, mapped) ?? { values: mapped, onInsert: new Map() }
  const state = new RetryState(target, {
    clerkId: user.id,
    ...split,
    locals: undefined,
  })
  const identity = { clerkId: user.id, at: new Date(user.updated_at ?? 0) }
  const doc = makeCandidate(target, [...state.entries(), ...state.insertEntries()], identity)
  extension?.fit(target, doc, state.insertEntries())
  try {
    return { doc, mapped: given, split, unwritten, refused: judgeNow(doc).refused, failure: undefined }
  } catch (error) {
    if (!isClerkSyncError(error)) throw error
    return { doc, mapped: given, split, unwritten, refused: [], failure: error }
  }
}

/** Whether Clerk has a value for a path, including metadata that MongoDB owns. */
export const hasValue = ({ split }: SampleCandidate, path: string): boolean =>
  (split.values.get(path) ?? split.onInsert.get(path)) !== undefined
