import mongoose, {
  type HydratedDocument,
  type InferSchemaType,
  type Model,
  type Mongoose,
  type ObtainSchemaGeneric,
  type QueryWithHelpers,
  type Schema,
} from 'mongoose'
import type { ClerkStore } from '../store/clerk-store'
import type { ClerkUserInput, WriteContext, WriteResult } from '../store/write'
import type { SyncModel } from './target/target'
import { pluginOptions, requireSameMajor } from './target/two-copies'

/** What the plugin adds to a document, under its default path names. */
export interface ClerkSyncFields {
  /** Clerk's `user_…`; absent for local users. */
  clerkId?: string
  authProvider: 'local' | 'clerk'
  /** `active`: in step. `pending`: a local change waits to be pushed. `error`: deleted in Clerk, a conflict, a failed push. */
  syncStatus?: 'active' | 'pending' | 'error'
  /** Why `syncStatus` is `error`: `deleted`, `conflict`, `host_rule`, … */
  syncError?: string
  /** With a conflict: the path whose value could not be stored. */
  syncErrorPath?: string
  /** When something of Clerk's was last applied. */
  lastClerkSync?: Date
  /** Clerk's `updated_at` of what was applied: the version that every write is judged by. */
  clerkUpdatedAt?: Date
  clerkDeletedAt?: Date
  imageUrl?: string
}

export interface ClerkQueryHelpers {
  /** Only users of Clerk's that it has not deleted. */
  activeInClerk<Q>(this: Q): Q
}

/** The statics the plugin adds. All writes go through the one guarded write. */
export interface ClerkStatics<Doc, Helpers, Raw>
  extends Pick<ClerkStore, 'upsertFromClerk' | 'deleteFromClerk' | 'clearHookMarks'> {
  /** The document of a Clerk id, soft-deleted ones included, as the primary has it. No id (nobody signed in) finds nobody. */
  findByClerkId(clerkId: string | null | undefined): QueryWithHelpers<Doc | null, Doc, Helpers, Raw, 'findOne'>
  /**
   * Stores a user of Clerk's and gives its document; `null` when Clerk has deleted the user. Safe to repeat, and safe beside
   * a webhook: the newer state stays.
   * @throws {ClerkSyncError} `conflict` when the user could not be stored, `invalid_clerk_user`, `index_missing`.
   */
  createClerkUser(user: ClerkUserInput, context?: WriteContext): Promise<Doc | null>
  /**
   * The same, with the id it must be.
   * @throws {ClerkSyncError} `id_mismatch`, and what `createClerkUser` throws.
   */
  updateFromClerkData(clerkId: string, user: ClerkUserInput, context?: WriteContext): Promise<Doc | null>
  /** Applies a user of Clerk's and tells what became of it. */
  upsertFromClerk(user: ClerkUserInput, context?: WriteContext): Promise<WriteResult>
  /** Applies the deletion of a user at Clerk, which is final. */
  deleteFromClerk(clerkId: string, context?: WriteContext): Promise<WriteResult>
}

/** A schema of any document and model type, which mongoose's own `Schema` without parameters is not. */
type AnySchema = Pick<Schema, 'requiredPaths' | 'indexes'> & { readonly options?: object }

/** The model of a schema that carries `clerkSyncPlugin`. */
export type ClerkModel<TSchema extends AnySchema> = ClerkModelOf<
  InferSchemaType<TSchema> & ClerkSyncFields,
  ObtainSchemaGeneric<TSchema, 'TQueryHelpers'> & ClerkQueryHelpers,
  ObtainSchemaGeneric<TSchema, 'TInstanceMethods'>,
  ObtainSchemaGeneric<TSchema, 'TVirtuals'>
> &
  ObtainSchemaGeneric<TSchema, 'TStaticMethods'> &
  OwnStatics<ObtainSchemaGeneric<TSchema, 'M'>>

/** What a model's interface (`interface UserModel extends Model<User> { … }`) declares beside mongoose's own. */
type OwnStatics<TModel> = unknown extends TModel ? unknown : Omit<TModel, keyof Model<unknown>>

type ClerkModelOf<Raw, Helpers, Methods, Virtuals> = Model<Raw, Helpers, Methods, Virtuals> &
  ClerkStatics<HydratedDocument<Raw, Methods & Virtuals, Helpers>, Helpers, Raw>

/**
 * The model of a schema with `clerkSyncPlugin`, typed with all that the plugin adds. Made once: a hot reload gets the model
 * that exists, where `mongoose.model` would throw `OverwriteModelError`.
 *
 * @param connection Where the model lives. @default mongoose's default connection
 * @throws {ClerkSyncError} `schema_unfit` for a schema that another copy of mongoose made.
 *
 * @example
 * userSchema.plugin(clerkSyncPlugin)
 * export const User = clerkModel('User', userSchema)
 */
export function clerkModel<TSchema extends AnySchema>(
  name: string,
  schema: TSchema,
  connection: Pick<Mongoose, 'model' | 'models'> = mongoose,
): ClerkModel<TSchema> {
  requireSameMajor(name, schema, connection)
  // mongoose's own type for the parameter leaves out schemas with a model type.
  const model = connection.models[name] ?? connection.model(name, schema as unknown as Schema)
  if ('clerkSync' in (schema.options ?? {})) pluginOptions(model as unknown as SyncModel, schema)
  return model as unknown as ClerkModel<TSchema>
}
