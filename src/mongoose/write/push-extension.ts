import type { ClerkResourceJSON } from '../../events/events'
import type { WriteContext } from '../../store/write'
import type { Candidate } from '../schema/candidate'
import type { Incoming } from '../target/incoming'
import type { AnyDoc, Target } from '../target/target'
import type { Standing } from './own-document'
import type { RetryState } from './retry-state'

/** A version's values, split by owner: `values` are always written, `onInsert` only with an insert. */
export interface SplitValues {
  values: Map<string, unknown>
  onInsert: Map<string, unknown>
}

/**
 * What pushing changes to Clerk adds to a guarded write. The plugin registers it for schemas with the option `push`, so
 * that the write itself knows nothing of pushes.
 */
export interface PushExtension {
  /** Splits the mapped values by owner. For metadata that MongoDB owns, takes Clerk's value at the owned place. */
  split(target: Target, json: ClerkResourceJSON, mapped: ReadonlyMap<string, unknown>): SplitValues
  /** Returns the owned values that the schema accepts, and resets the candidate's others to the schema's defaults. */
  fit(target: Target, doc: Candidate, entries: Iterable<readonly [string, unknown]>): AnyDoc
  /** Additional conditions of the filter. @param fitting The result of `fit`. */
  guard(target: Target, incoming: Incoming, state: RetryState, fitting: AnyDoc): AnyDoc
  /** Conditions for storing Clerk's value at owned paths. */
  takenGuard(target: Target, state: RetryState, fitting: AnyDoc): AnyDoc
  /** Fields that make the user due. `event`: Clerk differs from what MongoDB owns. `link`: a local account is linked. */
  due(target: Target, cause: 'event' | 'link'): AnyDoc
  /** Reads the user's document, and waits for a push in progress where that avoids a superfluous hook. */
  read(target: Target, incoming: Incoming, context: WriteContext): Promise<Standing>
  /** Adapts the state to what the document shows about pushes. `undefined` if that did not prevent the write. */
  adapt(target: Target, incoming: Incoming, state: RetryState, standing: Standing): RetryState | undefined
  /** Owned paths that the app has not set in a document and that get Clerk's value, with the stored value. */
  taken(target: Target, incoming: Incoming, doc: AnyDoc, unfit: ReadonlySet<string>): ReadonlyMap<string, unknown>
}

/** What pushing adds to writes of a model; `undefined` if its plugin pushes nothing. */
export const pushExtension = ({ options }: Target): PushExtension | undefined =>
  options.pushExtension as PushExtension | undefined

/** Splits the values of a map by owner. Without pushes, all are Clerk's. */
export const splitByOwner = (target: Target, json: ClerkResourceJSON, mapped: Map<string, unknown>): SplitValues =>
  pushExtension(target)?.split(target, json, mapped) ?? { values: mapped, onInsert: new Map() }

/** The state in which a local account is linked, and owned values that the app has not set are taken from Clerk. */
export function linkTo(target: Target, incoming: Incoming, state: RetryState, local: AnyDoc): RetryState {
  const taken = pushExtension(target)?.taken(target, incoming, local, state.unfit) ?? new Map()
  return state.with({ linkTo: local, taken })
}
