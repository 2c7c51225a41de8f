import type { SyncRules } from '../store'

/** Our names for the paths of a user. Each is also the path's name in the schema, unless `paths` says otherwise. */
export const pathNames = [
  'clerkId',
  'authProvider',
  'syncStatus',
  'syncError',
  'lastClerkSync',
  'clerkUpdatedAt',
  'clerkDeletedAt',
  'clerkHooksDue',
  'clerkSentinelDue',
  'email',
  'username',
  'firstName',
  'lastName',
  'imageUrl',
] as const

export type PathName = (typeof pathNames)[number]
export type Paths = Readonly<Record<PathName, string>>

export interface ClerkSyncPluginOptions extends SyncRules {
  /**
   * Our names to your schema's paths, where they differ: `{ imageUrl: 'photo', firstName: 'name.first' }`.
   * `{ clerkId: '_id' }` for schemas whose `_id` is Clerk's id.
   */
  paths?: Partial<Record<PathName, string>>
  /**
   * Where local accounts keep their password hash. If your schema requires it, it is from now on required only where
   * `authProvider` is not `clerk`. `toPlainUser` leaves it out.
   */
  passwordPath?: string
  /** Names of the collections we keep beside yours, on the same connection. @default { tombstones: 'clerk_tombstones' } */
  collections?: { tombstones?: string }
}

/** The plugin's options with every default filled in; kept on the schema as `schema.options.clerkSync`. */
export interface ResolvedPluginOptions {
  paths: Paths
  passwordPath: string | undefined
  tombstones: string
  rules: Required<SyncRules>
  /** Left out of what `toPlainUser` gives. */
  privatePaths: readonly string[]
}
