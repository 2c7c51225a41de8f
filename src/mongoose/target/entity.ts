import type { MappedUser, SyncRules } from '../../store/write'
import type { Paths } from './paths'

/**
 * Everything that the guarded write, the deletion and the comparison need to know about a resource of Clerk. A second
 * resource is a descriptor like this, a map of its JSON, and a plugin.
 */
export interface Entity {
  /** The beginning of its ids in Clerk, such as `user_`. */
  readonly idPrefix: string
  /** Fields with one value in every document that belongs to Clerk, by path. */
  constants(paths: Paths): Record<string, unknown>
  /** Paths by which Clerk or the app identifies one of them. The schema may require them, or make them unique. */
  identifiers(paths: Paths): readonly string[]
  /**
   * Values to try for a path, best first: Clerk's own, then fallbacks for when it is taken. All derive from the Clerk
   * id, so that every retry chooses the same one. `undefined` leaves the path empty.
   * @param needed Whether the path must not be empty.
   */
  fallbackValues(paths: Paths, path: string, value: unknown, clerkId: string, needed: boolean): unknown[]
  /** Whether a value at a path stands for one that Clerk does not have. */
  isPlaceholder(paths: Paths, path: string, value: unknown, clerkId: string): boolean
  /** What the rules map samples to: with all values that Clerk can have, and with as few as possible. */
  mappedSamples(rules: Pick<Required<SyncRules>, 'mapUser'>): MappedUser[]
  /** Whether a taken value at this path is better varied than reported as a conflict. */
  canVary(paths: Paths, path: string): boolean
}
