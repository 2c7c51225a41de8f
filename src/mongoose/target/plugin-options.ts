import type { ClerkStore } from '../../store/clerk-store'
import type { SyncRules } from '../../store/write'
import type { OwnedFields, OwnedPath } from './owned-paths'
import type { PathName, Paths } from './paths'

export interface ClerkSyncPluginOptions extends SyncRules {
  /**
   * Our names to your schema's paths, where they differ: `{ imageUrl: 'photo', firstName: 'name.first' }`.
   * `{ clerkId: '_id' }` for schemas whose `_id` is Clerk's id.
   */
  paths?: Partial<Record<PathName, string>>
  /**
   * Where local accounts keep their password hash. If your schema requires it, it is from now on required only where
   * `authProvider` is not `clerk`. `toPlainUser` leaves it out. `false`: no path is treated so.
   * @default `passwordHash`, else `password`, else `hashedPassword`, where it is a required String without a default
   */
  passwordPath?: string | false
  /**
   * What MongoDB owns, as paths of your schema: Clerk's value is taken where your app has none and never wrote one; what it writes
   * there is marked to be pushed to Clerk. @default nothing
   */
  push?: OwnedFields
  /** Names of the collections we keep beside yours, on the same connection. @default `clerk_tombstones`, `clerk_jobs`, `clerk_conflicts` */
  collections?: {
    tombstones?: string
    /** How far backfill and reconcile came, and who is at them: one document a job. */
    jobs?: string
    /** Notes about users that could not be stored, one document a user. The first note creates it. */
    conflicts?: string
  }
}

/** The plugin's options with every default filled in; kept on the schema as `schema.options.clerkSync`. */
export interface ResolvedPluginOptions {
  /** From a model to its store; `createClerkSync` finds it here. A method, so that it may ask for a narrower model. */
  openStore(model: never): ClerkStore
  paths: Paths
  /** Names whose path neither the options name nor the schema had when the plugin was applied. */
  unplaced: readonly PathName[]
  /** Set when the path is found, which may be after the plugin. */
  passwordPath: string | undefined
  tombstones: string
  jobs: string
  conflicts: string
  /** `undefined` where nothing is pushed. */
  push: readonly OwnedPath[] | undefined
  rules: Required<SyncRules>
  /** Left out of what `toPlainUser` gives; the password is added when it is found. */
  privatePaths: readonly string[]
}
