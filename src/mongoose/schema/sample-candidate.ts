import { isClerkSyncError } from '../../errors'
import type { ClerkUserJSON } from '../../events/events'
import { callMapUser } from '../../map/map-clerk-user'
import type { SyncRules } from '../../store/write'
import { setFitting } from '../push/guard'
import { type Hands, splitOwned } from '../push/owned-values'
import type { Target } from '../target/target'
import { RetryState } from '../write/retry-state'
import { type Candidate, makeCandidate } from './candidate'
import { mappedFields } from './fields'
import { judgeNow } from './judge'

/** The document that the rules and the schema make of a sample user. */
export interface SampleCandidate {
  doc: Candidate
  /** Paths that `mapUser` returns. */
  mapped: string[]
  hands: Hands
  /** Keys of `mapUser` whose path cannot be written. */
  unwritten: { key: string; why: 'unknown' | 'reserved' }[]
  /** Paths that the schema refuses. */
  refused: string[]
  /** Exception of the app's code for the sample. */
  failure: Error | undefined
}

/** Creates and validates the document of a sample user, without async validators. */
export function sampleCandidate(target: Target, rules: Required<SyncRules>, user: ClerkUserJSON): SampleCandidate {
  const { values: mapped, refused: unwritten } = mappedFields(target, callMapUser(rules.mapUser, user))
  const given = [...mapped.keys()]
  const hands = splitOwned(target, user, mapped)
  const state = new RetryState(target, {
    clerkId: user.id,
    ...hands,
    externalId: undefined,
    looksForSpellings: false,
  })
  const identity = { clerkId: user.id, at: new Date(user.updated_at ?? 0) }
  const doc = makeCandidate(target, [...state.entries(), ...state.insertEntries()], identity)
  setFitting(target, doc, state.insertEntries())
  try {
    return { doc, mapped: given, hands, unwritten, refused: judgeNow(doc).refused, failure: undefined }
  } catch (error) {
    if (!isClerkSyncError(error)) throw error
    return { doc, mapped: given, hands, unwritten, refused: [], failure: error }
  }
}

/** Whether Clerk has a value for a path, including metadata that MongoDB owns. */
export const hasValue = ({ hands }: SampleCandidate, path: string): boolean =>
  (hands.values.get(path) ?? hands.onInsert.get(path)) !== undefined
