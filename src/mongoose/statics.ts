import { ClerkSyncError } from '../errors'
import type { ResourceName } from '../events/events'
import { clerkUserJSON } from '../map/map-clerk-user'
import type { ClerkUserInput, FinishedHook, WriteContext, WriteResult } from '../store/write'
import { membershipStatics } from './membership-statics'
import { queryUser, readUser, storedValueOf } from './read-user'
import type { Entity } from './target/entity'
import type { HostSchema } from './target/host-schema'
import { type AnyDoc, NOT_DELETED, type SyncModel, schemaOf, targetOf, trusted } from './target/target'
import { deleteFromClerk, upsertFromClerk } from './write/guarded-write'
import { clearHookMarks, marked } from './write/hook-marks'

/**
 * Refuses a write inside a transaction of the app. The write relies on unique index errors, which abort a transaction,
 * and other writers must see its tombstones and late inserts at once.
 * @throws {ClerkSyncError} `invalid_option`.
 */
function requireNoSession(name: string, context: WriteContext): void {
  if (((context as { session?: unknown }).session ?? undefined) === undefined) return
  throw new ClerkSyncError(
    'invalid_option',
    `${name} does not accept a session: its write cannot be part of a transaction, because a collision would abort it. ` +
      'Call it before the transaction, or after the commit. To read inside a transaction: findByClerkId(id).session(session).',
  )
}

/** Stores a user, and leaves the hook of its creation to the message. */
function upsert(model: SyncModel, user: ClerkUserInput, context: WriteContext): Promise<WriteResult> {
  const target = targetOf(model)
  return upsertFromClerk(target, user, marked(target, context))
}

/** Statics that the plugin of every resource adds to the model. */
const commonStatics = {
  findByClerkId(this: SyncModel, clerkId: string | null | undefined) {
    return queryUser(targetOf(this), clerkId)
  },

  async upsertFromClerk(this: SyncModel, user: ClerkUserInput, context: WriteContext = {}) {
    requireNoSession('upsertFromClerk', context)
    return upsert(this, user, context)
  },

  async deleteFromClerk(this: SyncModel, clerkId: string, context: WriteContext = {}) {
    requireNoSession('deleteFromClerk', context)
    return deleteFromClerk(targetOf(this), clerkId, context)
  },

  async clearHookMarks(this: SyncModel, clerkId: string, hook: FinishedHook, context: WriteContext = {}) {
    requireNoSession('clearHookMarks', context)
    return clearHookMarks(targetOf(this), clerkId, hook, context)
  },
}

/** Statics of users. `ClerkStatics` documents them for the app. */
const userStatics = {
  ...commonStatics,

  async createClerkUser(this: SyncModel, user: ClerkUserInput, context: WriteContext = {}) {
    requireNoSession('createClerkUser', context)
    return documentAfter(this, await upsert(this, user, context), context)
  },

  async updateFromClerkData(this: SyncModel, clerkId: string, user: ClerkUserInput, context: WriteContext = {}) {
    requireNoSession('updateFromClerkData', context)
    if (clerkUserJSON(user).id !== clerkId) {
      throw new ClerkSyncError(
        'id_mismatch',
        'updateFromClerkData was called with the id of one user and the data of another.',
      )
    }
    return documentAfter(this, await upsert(this, user, context), context)
  },
}

const staticsByResource: Record<ResourceName, AnyDoc> = {
  user: userStatics,
  organization: commonStatics,
  membership: { ...commonStatics, ...membershipStatics },
}
const staticsOf = ({ name }: Entity): AnyDoc => staticsByResource[name]

/** `.activeInClerk()`: restricts a query to Clerk users that have not been deleted in Clerk. */
export const clerkQueryHelpers = {
  activeInClerk(this: { model: SyncModel; and(filters: AnyDoc[]): unknown }) {
    const { idPath, paths } = targetOf(this.model)
    // Combined with `and`: a plain condition would replace an earlier one on the same path.
    const conditions = { [idPath]: { $gt: '' }, [paths.clerkDeletedAt]: NOT_DELETED }
    return this.and(
      Object.entries(conditions).map(([path, condition]) => ({ [path]: trusted(this, { ...condition }) })),
    )
  },
}

/**
 * Adds the statics to a schema.
 * @throws {ClerkSyncError} `schema_unfit` if the schema already has one of those names.
 */
export function addStatics(schema: HostSchema, entity: Entity): void {
  const statics = schema.statics as AnyDoc
  for (const [name, own] of Object.entries(staticsOf(entity))) {
    if ((statics[name] ?? own) !== own) throw nameTaken('The schema', name)
  }
  Object.assign(schema.statics, staticsOf(entity))
}

/**
 * Rejects a model on which one of our statics was replaced after the plugin was applied.
 * @throws {ClerkSyncError} `schema_unfit`.
 */
export function requireOwnStatics(model: SyncModel): void {
  const onSchema = schemaOf(model).statics as AnyDoc
  const onModel = model as unknown as AnyDoc
  for (const [name, own] of Object.entries(staticsOf(targetOf(model).options.entity))) {
    // With middleware for the static (`schema.pre('upsertFromClerk')`), the model has mongoose's wrapper instead.
    const isReplaced = onModel[name] !== own && !hasMiddleware(model, name)
    if (onSchema[name] !== own || isReplaced) throw nameTaken(`The model ${model.modelName}`, name)
  }
}

/** Whether the schema has middleware of that name. mongoose has no public API for this; checked with 8.24 and 9.12. */
function hasMiddleware(model: SyncModel, name: string): boolean {
  const { s } = model.schema as unknown as { s?: { hooks?: { hasHooks?(name: string): boolean } } }
  return s?.hooks?.hasHooks?.(name) ?? false
}

function nameTaken(owner: string, name: string): ClerkSyncError {
  return new ClerkSyncError(
    'schema_unfit',
    `${owner} already has a static ${name}, which clerkSyncPlugin also adds. Rename yours.`,
  )
}

/** The document after a write; `null` for a user deleted in Clerk. */
async function documentAfter(model: SyncModel, { clerkId, conflict, outcome }: WriteResult, context: WriteContext) {
  const target = targetOf(model)
  const doc = await readUser(target, clerkId, context)
  if (!doc && outcome === 'conflict') {
    throw new ClerkSyncError('conflict', conflict?.message ?? 'The user could not be stored.')
  }
  return doc && !(await storedValueOf(target, doc, target.paths.clerkDeletedAt, context)) ? doc : null
}
