import type { ClerkStore } from '../../store/clerk-store'
import type { MembershipRules, OnDelete, OrganizationRules, SyncRules } from '../../store/write'
import type { Entity, ResolvedRules } from './entity'
import type { OwnedFields, OwnedOrganizationFields, OwnedPath } from './owned-paths'
import type { AnyPathName, MembershipPathName, OrganizationPathName, PathName, Paths } from './paths'

/** Options of `clerkSyncPlugin`. */
export interface ClerkSyncPluginOptions extends SyncRules {
  /**
   * Maps our names to your schema's paths, if they differ: `{ imageUrl: 'photo', firstName: 'name.first' }`. `{
   * clerkId: '_id' }` for schemas whose `_id` is Clerk's id.
   */
  paths?: Partial<Record<PathName, string>>
  /**
   * Path of the local accounts' password hash. If your schema requires it, it is then required only if `authProvider`
   * is not `clerk`. `toPlainUser` omits it. `false`: no path.
   * @default `passwordHash`, else `password`, else `hashedPassword`, if it is a required String without a default
   */
  passwordPath?: string | false
  /**
   * What MongoDB owns, as paths of your schema. Clerk's value is stored only until your app writes the path; your app's
   * writes are pushed to Clerk. @default nothing
   */
  push?: OwnedFields
  /** Name of the model of memberships, for `populate('memberships')`. @default no such virtual */
  memberships?: string
  /**
   * Names of the collections that this library keeps on the same connection. @default `clerk_tombstones`, `clerk_jobs`,
   * `clerk_conflicts`
   */
  collections?: {
    tombstones?: string
    /** State and leases of backfill and reconcile, one document per job. */
    jobs?: string
    /** Users that could not be stored, one document per user. Created with the first one. */
    conflicts?: string
  }
}

/** Options of `clerkOrganizationPlugin`. */
export interface ClerkOrganizationPluginOptions extends OrganizationRules, Pick<ClerkSyncPluginOptions, 'collections'> {
  /** Maps our names to your schema's paths, if they differ: `{ imageUrl: 'logo' }`. */
  paths?: Partial<Record<OrganizationPathName, string>>
  /** What a deletion leaves, as for users. @default 'soft' */
  onDelete?: OnDelete
  /** Name of the model of memberships, for `populate('memberships')`. @default no such virtual */
  memberships?: string
  /** What MongoDB owns, as for users. @default nothing */
  push?: OwnedOrganizationFields
}

/** Options of `clerkMembershipPlugin`. */
export interface ClerkMembershipPluginOptions extends MembershipRules, Pick<ClerkSyncPluginOptions, 'collections'> {
  /** Maps our names to your schema's paths, if they differ: `{ userId: 'member' }`. */
  paths?: Partial<Record<MembershipPathName, string>>
  /**
   * Names of the models of the users and the organizations on the same connection, for `populate('user')` and
   * `populate('organization')`.
   * @default { user: 'User', organization: 'Organization' }
   */
  models?: { user?: string; organization?: string }
  /**
   * Also keep the `_id`s of the app's own user and organization, at `user` and `organization`. Each is filled once the
   * other side is stored, in any order. Declare the paths yourself if an `_id` is not an ObjectId. Without this option,
   * `user` and `organization` are virtuals that find the documents by Clerk's ids.
   * @default false
   */
  refs?: boolean
  /**
   * What the end of a membership leaves, as for users. It ends when Clerk deletes it, its user or its organization.
   * @default 'soft'
   */
  onDelete?: OnDelete
}

/** The plugin's options with all defaults filled in; stored on the schema as `schema.options.clerkSync`. */
export interface ResolvedPluginOptions {
  /** Opens the store of a model, for `createClerkSync`. A method, so that it can require a narrower model type. */
  openStore(model: never): ClerkStore
  /** The resource of Clerk that the documents are. */
  entity: Entity
  paths: Paths
  /** Names whose path was neither given in the options nor in the schema when the plugin was applied. */
  unplaced: readonly AnyPathName[]
  /** Set when the path is found, possibly after the plugin was applied. */
  passwordPath: string | undefined
  tombstones: string
  jobs: string
  conflicts: string
  /** `undefined` if nothing is pushed. */
  push: readonly OwnedPath[] | undefined
  /** What pushing adds to writes, if `push` is set. Its type names parts of the write: see `pushExtension`. */
  pushExtension: object | undefined
  rules: ResolvedRules
  /** The models of a membership's user and organization, if it keeps their `_id`s. */
  refs: { user: string; organization: string } | undefined
  /** Paths that `toPlainUser` omits. The password's is added when it is found. */
  privatePaths: readonly string[]
}
