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
import type {
  ClerkMembershipInput,
  ClerkOrganizationInput,
  ClerkUserInput,
  WriteContext,
  WriteResult,
} from '../store/write'
import type { SyncModel } from './target/target'
import { pluginOptions, requireSameMajor } from './target/two-copies'

/** Fields that the plugin of every resource adds to a document, under their default path names. */
interface SyncFields {
  /** `error`: deleted in Clerk, a conflict, or a failed push. `pending`: a local change waits to be pushed. */
  syncStatus?: 'active' | 'pending' | 'error'
  /** Why `syncStatus` is `error`: `deleted`, `conflict`, `host_rule`, … */
  syncError?: string
  /** With a conflict: the path that could not be stored. */
  syncErrorPath?: string
  /** When data from Clerk was last applied. */
  lastClerkSync?: Date
  /** Clerk's `updated_at` of the applied data. Every write compares this version. */
  clerkUpdatedAt?: Date
  /** When Clerk deleted it. Absent while it exists in Clerk. */
  clerkDeletedAt?: Date
  /** Clerk's `image_url`. */
  imageUrl?: string
}

/** Fields that `clerkSyncPlugin` adds to a document, under their default path names. */
export interface ClerkSyncFields extends SyncFields {
  /** Clerk's `user_…`. Absent for local users. */
  clerkId?: string
  /** `clerk` once the document belongs to a Clerk user. */
  authProvider: 'local' | 'clerk'
}

/** Fields that `clerkOrganizationPlugin` adds to a document, under their default path names. */
export interface ClerkOrganizationFields extends SyncFields {
  /** Clerk's `org_…`. */
  clerkId?: string
  name?: string
  /** Absent in instances without slugs. Unique if your schema has an index; it then moves to the newer organization. */
  slug?: string
  /** Clerk's id of the user who created it. */
  createdBy?: string
}

/** Fields that `clerkMembershipPlugin` adds to a document, under their default path names. */
export interface ClerkMembershipFields extends Omit<SyncFields, 'imageUrl'> {
  /** Clerk's `orgmem_…`. */
  clerkId?: string
  /** Clerk's `org_…`. Unique together with `userId` among the living memberships. */
  organizationId?: string
  /** Clerk's `user_…`. */
  userId?: string
  /** Such as `org:admin`. */
  role?: string
  /** Such as `org:sys_memberships:read`. */
  permissions?: string[]
}

/** Query helpers that the plugin adds. */
export interface ClerkQueryHelpers {
  /** Restricts the query to Clerk users that have not been deleted in Clerk. */
  activeInClerk<Q>(this: Q): Q
}

/** Statics that the plugin of every resource adds. All of them write through the same guarded write. */
interface CommonStatics<Doc, Helpers, Raw> extends Pick<ClerkStore, 'clearHookMarks'> {
  /** Finds the document of a Clerk id on the primary, soft-deleted ones included. A missing id returns `null`. */
  findByClerkId(clerkId: string | null | undefined): QueryWithHelpers<Doc | null, Doc, Helpers, Raw, 'findOne'>
  /** Applies a deletion in Clerk. A deletion is final. */
  deleteFromClerk(clerkId: string, context?: WriteContext): Promise<WriteResult>
}

/** Statics that `clerkOrganizationPlugin` adds. */
export interface ClerkOrganizationStatics<Doc, Helpers, Raw> extends CommonStatics<Doc, Helpers, Raw> {
  /** Stores an organization in Clerk's JSON and returns the outcome. An older state never replaces a newer one. */
  upsertFromClerk(organization: ClerkOrganizationInput, context?: WriteContext): Promise<WriteResult>
}

/** Statics that `clerkMembershipPlugin` adds. Those with a missing id find nothing. */
export interface ClerkMembershipStatics<Doc, Helpers, Raw> extends CommonStatics<Doc, Helpers, Raw> {
  /** Stores a membership in Clerk's JSON and returns the outcome. An older state never replaces a newer one. */
  upsertFromClerk(membership: ClerkMembershipInput, context?: WriteContext): Promise<WriteResult>
  /** Finds the living memberships of a user, on the primary. @param userId Clerk's id. */
  findByUser(userId: string | null | undefined): QueryWithHelpers<Doc[], Doc, Helpers, Raw, 'find'>
  /** Finds the living memberships of an organization, on the primary. @param organizationId Clerk's id. */
  findByOrganization(organizationId: string | null | undefined): QueryWithHelpers<Doc[], Doc, Helpers, Raw, 'find'>
  /**
   * Whether a user has a role in an organization, or one of several. `false` once the membership, the user or the
   * organization is deleted. One query, answered from the index of pairs.
   */
  hasRole(
    userId: string | null | undefined,
    organizationId: string | null | undefined,
    role: string | readonly string[],
    context?: Pick<WriteContext, 'deadline'>,
  ): Promise<boolean>
  /** Whether a user has a permission in an organization, such as `org:invoices:create`. Otherwise like `hasRole`. */
  hasPermission(
    userId: string | null | undefined,
    organizationId: string | null | undefined,
    permission: string,
    context?: Pick<WriteContext, 'deadline'>,
  ): Promise<boolean>
}

/** Statics that `clerkSyncPlugin` adds. */
export interface ClerkStatics<Doc, Helpers, Raw> extends CommonStatics<Doc, Helpers, Raw> {
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
}

/** A schema with any document and model type. mongoose's `Schema` without parameters does not accept them. */
type AnySchema = Pick<Schema, 'requiredPaths' | 'indexes'> & { readonly options?: object }

/** The model of a schema with `clerkSyncPlugin`. */
export type ClerkModel<TSchema extends AnySchema> = HostModel<TSchema, ClerkSyncFields> &
  ClerkStatics<DocumentOf<TSchema, ClerkSyncFields>, HelpersOf<TSchema>, InferSchemaType<TSchema> & ClerkSyncFields>

/** The model of a schema with `clerkOrganizationPlugin`. */
export type ClerkOrganizationModel<TSchema extends AnySchema> = HostModel<TSchema, ClerkOrganizationFields> &
  ClerkOrganizationStatics<
    DocumentOf<TSchema, ClerkOrganizationFields>,
    HelpersOf<TSchema>,
    InferSchemaType<TSchema> & ClerkOrganizationFields
  >

/** The model of a schema with `clerkMembershipPlugin`. */
export type ClerkMembershipModel<TSchema extends AnySchema> = HostModel<TSchema, ClerkMembershipFields> &
  ClerkMembershipStatics<
    DocumentOf<TSchema, ClerkMembershipFields>,
    HelpersOf<TSchema>,
    InferSchemaType<TSchema> & ClerkMembershipFields
  >

type HelpersOf<TSchema extends AnySchema> = ObtainSchemaGeneric<TSchema, 'TQueryHelpers'> & ClerkQueryHelpers

type DocumentOf<TSchema extends AnySchema, Fields> = HydratedDocument<
  InferSchemaType<TSchema> & Fields,
  ObtainSchemaGeneric<TSchema, 'TInstanceMethods'> & ObtainSchemaGeneric<TSchema, 'TVirtuals'>,
  HelpersOf<TSchema>
>

/** mongoose's own model of the schema, with the plugin's fields and query helpers. */
type HostModel<TSchema extends AnySchema, Fields> = Model<
  InferSchemaType<TSchema> & Fields,
  HelpersOf<TSchema>,
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
  return modelOnce(name, schema, connection) as ClerkModel<TSchema>
}

/**
 * Returns the model of a schema with `clerkOrganizationPlugin`, as `clerkModel` does for users.
 *
 * @param connection Connection that the model uses. @default mongoose's default connection
 * @throws {ClerkSyncError} `schema_unfit` for a schema that another copy of mongoose created.
 *
 * @example
 * organizationSchema.plugin(clerkOrganizationPlugin)
 * export const Organization = clerkOrganizationModel('Organization', organizationSchema)
 */
export function clerkOrganizationModel<TSchema extends AnySchema>(
  name: string,
  schema: TSchema,
  connection: Pick<Mongoose, 'model' | 'models'> = mongoose,
): ClerkOrganizationModel<TSchema> {
  return modelOnce(name, schema, connection) as ClerkOrganizationModel<TSchema>
}

/**
 * Returns the model of a schema with `clerkMembershipPlugin`, as `clerkModel` does for users.
 *
 * @param connection Connection that the model uses. @default mongoose's default connection
 * @throws {ClerkSyncError} `schema_unfit` for a schema that another copy of mongoose created.
 *
 * @example
 * membershipSchema.plugin(clerkMembershipPlugin)
 * export const Membership = clerkMembershipModel('Membership', membershipSchema)
 */
export function clerkMembershipModel<TSchema extends AnySchema>(
  name: string,
  schema: TSchema,
  connection: Pick<Mongoose, 'model' | 'models'> = mongoose,
): ClerkMembershipModel<TSchema> {
  return modelOnce(name, schema, connection) as ClerkMembershipModel<TSchema>
}

function modelOnce(name: string, schema: AnySchema, connection: Pick<Mongoose, 'model' | 'models'>): unknown {
  requireSameMajor(name, schema, connection)
  // mongoose's own type for the parameter leaves out schemas with a model type.
  const model = connection.models[name] ?? connection.model(name, schema as unknown as Schema)
  if ('clerkSync' in (schema.options ?? {})) pluginOptions(model as unknown as SyncModel, schema)
  return model
}
