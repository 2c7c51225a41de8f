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

/** Fields that the plugin adds to a document, under their default path names. */
export interface ClerkSyncFields {
  /** Clerk's `user_…`. Absent for local users. */
  clerkId?: string
  /** `clerk` once the document belongs to a Clerk user. */
  authProvider: 'local' | 'clerk'
  /**
   * `active`: in step. `pending`: a local change waits to be pushed. `error`: deleted in Clerk, a conflict, or a failed
   * push.
   */
  syncStatus?: 'active' | 'pending' | 'error'
  /** Why `syncStatus` is `error`: `deleted`, `conflict`, `host_rule`, … */
  syncError?: string
  /** With a conflict: the path that could not be stored. */
  syncErrorPath?: string
  /** When data from Clerk was last applied. */
  lastClerkSync?: Date
  /** Clerk's `updated_at` of the applied data. Every write compares this version. */
  clerkUpdatedAt?: Date
  /** When the user was deleted in Clerk. Absent for users that exist. */
  clerkDeletedAt?: Date
  /** Clerk's `image_url`. */
  imageUrl?: string
}

/** Query helpers that the plugin adds. */
export interface ClerkQueryHelpers {
  /** Restricts the query to Clerk users that have not been deleted in Clerk. */
  activeInClerk<Q>(this: Q): Q
}

/** Statics that the plugin adds. All of them write through the same guarded write. */
export interface ClerkStatics<Doc, Helpers, Raw>
  extends Pick<ClerkStore, 'upsertFromClerk' | 'deleteFromClerk' | 'clearHookMarks'> {
  /** Finds the document of a Clerk id on the primary, soft-deleted ones included. A missing id returns `null`. */
  findByClerkId(clerkId: string | null | undefined): QueryWithHelpers<Doc | null, Doc, Helpers, Raw, 'findOne'>
  /**
   * Stores a Clerk user and returns its document; `null` if the user was deleted in Clerk. Safe to repeat and safe
   * beside webhooks: an older state never replaces a newer one.
   * @throws {ClerkSyncError} `conflict` if the user could not be stored, `invalid_clerk_user`, `index_missing`.
   */
  createClerkUser(user: ClerkUserInput, context?: WriteContext): Promise<Doc | null>
  /**
   * As `createClerkUser`, but checks that the data has the given id.
   * @throws {ClerkSyncError} `id_mismatch`, and those of `createClerkUser`.
   */
  updateFromClerkData(clerkId: string, user: ClerkUserInput, context?: WriteContext): Promise<Doc | null>
  /** Stores a Clerk user and returns the outcome. */
  upsertFromClerk(user: ClerkUserInput, context?: WriteContext): Promise<WriteResult>
  /** Applies a user's deletion in Clerk. A deletion is final. */
  deleteFromClerk(clerkId: string, context?: WriteContext): Promise<WriteResult>
}

/** A schema with any document and model type. mongoose's `Schema` without parameters does not accept them. */
type AnySchema = Pick<Schema, 'requiredPaths' | 'indexes'> & { readonly options?: object }

/** The model of a schema with `clerkSyncPlugin`. */
export type ClerkModel<TSchema extends AnySchema> = ClerkModelOf<
  InferSchemaType<TSchema> & ClerkSyncFields,
  ObtainSchemaGeneric<TSchema, 'TQueryHelpers'> & ClerkQueryHelpers,
  ObtainSchemaGeneric<TSchema, 'TInstanceMethods'>,
  ObtainSchemaGeneric<TSchema, 'TVirtuals'>
> &
  ObtainSchemaGeneric<TSchema, 'TStaticMethods'> &
  OwnStatics<ObtainSchemaGeneric<TSchema, 'M'>>

/**
 * Statics that a model's interface (`interface UserModel extends Model<User> { … }`) declares in addition to
 * mongoose's.
 */
type OwnStatics<TModel> = unknown extends TModel ? unknown : Omit<TModel, keyof Model<unknown>>

type ClerkModelOf<Raw, Helpers, Methods, Virtuals> = Model<Raw, Helpers, Methods, Virtuals> &
  ClerkStatics<HydratedDocument<Raw, Methods & Virtuals, Helpers>, Helpers, Raw>

/**
 * Returns the model of a schema with `clerkSyncPlugin`, typed with everything the plugin adds. Creates the model once:
 * after a hot reload it returns the existing model, where `mongoose.model` throws `OverwriteModelError`.
 *
 * @param connection Connection that the model uses. @default mongoose's default connection
 * @throws {ClerkSyncError} `schema_unfit` for a schema that another copy of mongoose created.
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
