import { isClerkSyncError } from '../../errors'
import type { ClerkResourceJSON } from '../../events/events'
import { type Candidate, judgeNow, makeCandidate } from '../schema/candidate'
import { mappedFields } from '../schema/fields'
import type { ResolvedRules } from '../target/entity'
import type { Incoming } from '../target/incoming'
import type { Target } from '../target/target'
import { pushExtension } from '../write/push-extension'
import { RetryState } from '../write/retry-state'

/** The document that the rules and the schema make of a sample user. */
export interface SampleCandidate {
  doc: Candidate
  /** Paths that `mapUser` returns. */
  mapped: string[]
  split: Pick<Incoming, 'values' | 'onInsert'>
  /** Keys of `mapUser` whose path cannot be written. */
  unwritten: { key: string; why: 'unknown' | 'reserved' }[]
  /** Paths that the schema refuses. */
  refused: string[]
  /** Exception of the app's code for the sample. */
  failure: Error | undefined
}

/** Creates and validates the document of a sample user, without async validators. */
export function sampleCandidate(target: Target, rules: ResolvedRules, user: ClerkResourceJSON): SampleCandidate {
  const { entity } = target.options
  const { values: mapped, refused: unwritten } = mappedFields(target, entity.map(rules, user))
  const given = [...mapped.keys()]
  const split = entity.toIncoming(target as never, user, rules, {})
  const state = new RetryState(target, { ...split, locals: undefined })
  const doc = makeCandidate(target, [...state.entries(), ...state.insertEntries()], split)
  pushExtension(target)?.fit(target, doc, state.insertEntries())
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
