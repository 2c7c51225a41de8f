import type { ClerkResourceJSON, ResourceName } from '../../events/events'
import type { ClerkValue } from '../../map/look-alikes'
import type { AnyRules, LinkBy, MappedFields, OnDelete, WriteContext } from '../../store/write'
import type { Incoming } from './incoming'
import type { Pushable } from './owned-paths'
import type { AnyPathName, Paths } from './paths'

/** A resource's map: Clerk's JSON to field values by path. Each resource has its own JSON. */
export type ResourceMap = (json: never) => MappedFields

/** The rules of a model, with all defaults. */
export interface ResolvedRules {
  map: ResourceMap
  linkBy: LinkBy
  onDelete: OnDelete
}

/**
 * Everything that the guarded write, the deletion and the comparison need to know about a resource of Clerk. A second
 * resource is a descriptor like this, a map of its JSON, and a plugin.
 */
export interface Entity {
  readonly name: ResourceName
  /** The first part of its event types: `user` for `user.created`. */
  readonly eventName: string
  /** The beginning of its ids in Clerk, such as `user_`. */
  readonly idPrefix: string
  /** Our names for the paths that its documents have. */
  readonly names: readonly AnyPathName[]
  /** Those of them that its map fills. */
  readonly profileNames: readonly AnyPathName[]
  /** Clerk's values for which the app's schema may have a path of another name. */
  readonly lookAlikes: readonly ClerkValue[]
  /** What of it MongoDB can own. Absent if the plugin has no option `push`. */
  readonly pushable?: Pushable
  /** The option that replaces its map. */
  readonly mapOption: 'mapUser' | 'mapOrganization' | 'mapMembership'
  readonly defaultMap: ResourceMap
  /** Two of them in Clerk's JSON, on which the rules are tried: with every field, and with as few as possible. */
  readonly samples: readonly [full: ClerkResourceJSON, sparse: ClerkResourceJSON]
  /** A similar sample that differs in all unique values. @param mark Letters and digits that distinguish the copies. */
  twinOf(sample: ClerkResourceJSON, mark: string): ClerkResourceJSON
  /** Returns Clerk's JSON. @throws {ClerkSyncError} `invalid_clerk_user` for anything else. */
  read(input: unknown): ClerkResourceJSON
  /** Calls the map. @throws {ClerkSyncError} `host_code_failed`, `schema_unfit`. */
  map(rules: Pick<ResolvedRules, 'map'>, json: ClerkResourceJSON): MappedFields
  /** The map among the rules of a call, if there is one. */
  mapOf(given: AnyRules): ResourceMap | undefined
  /** Prepares one for guarded writes, with these rules. For a `Target`, whose type has this one: see `toIncoming`. */
  toIncoming(target: never, json: ClerkResourceJSON, rules: ResolvedRules, context: WriteContext): Incoming
  /**
   * Paths with the ids of the resources that one belongs to; none for most. It ends with any of them, and Clerk has at
   * most one of each combination.
   */
  owners(paths: Paths): readonly string[]
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
  /** Whether a taken value at this path is better varied than reported as a conflict. */
  canVary(paths: Paths, path: string): boolean
}

/** What the rules map the samples of a resource to. */
export const mappedSamples = (entity: Entity, rules: Pick<ResolvedRules, 'map'>): MappedFields[] =>
  entity.samples.map((sample) => entity.map(rules, sample))
