import { ClerkSyncError } from '../errors'
import { isClerkId } from '../events/events'
import { clerkUserJSON } from '../map/clerk-user-json'
import type { ClerkUserInput, SettledHook, WriteContext, WriteResult } from '../store/write'
import { queryUser, readUser, storedValueOf } from './read-user'
import type { HostSchema } from './target/host-schema'
import { type AnyDoc, NOT_DELETED, type SyncModel, schemaOf, targetOf, trusted } from './target/target'
import { clearHookMarks, deleteUser, upsertUser } from './write/upsert'

/** The event types that some `createClerkSync` of this process has hooks for, by model. */
const hooked = new WeakMap<SyncModel, ReadonlySet<string>>()

/** Notes the event types with hooks, for what the model's statics write. */
export function noteHooks(model: SyncModel, hookTypes: ReadonlySet<string>): void {
  hooked.set(model, new Set([...(hooked.get(model) ?? []), ...hookTypes]))
}

/** A static that makes a document leaves the message that follows its hook to run. */
function marked(model: SyncModel, context: WriteContext): WriteContext {
  const pendingType = 'user.created'
  const isOwed = context.marks === undefined && hooked.get(model)?.has(pendingType)
  return isOwed ? { ...context, marks: { pendingType } } : context
}

/**
 * Refuses a write inside a transaction of the app. The write goes by what a unique index refuses, which ends a transaction, and what
 * it leaves for others to find (a tombstone, a late insert) must be there at once.
 * @throws {ClerkSyncError} `invalid_option`.
 */
function requireNoSession(name: string, context: WriteContext): void {
  if (((context as { session?: unknown }).session ?? undefined) === undefined) return
  throw new ClerkSyncError(
    'invalid_option',
    `${name} takes no session: its write cannot be part of a transaction, where the first collision would end that. ` +
      'Call it before the transaction, or once that is committed. To read inside of one: findByClerkId(id).session(session).',
  )
}

/** What the plugin puts on the model; documented where the host sees it, at `ClerkStatics`. */
export const clerkStatics = {
  findByClerkId(this: SyncModel, clerkId: string | null | undefined) {
    return queryUser(targetOf(this), clerkId)
  },

  async createClerkUser(this: SyncModel, user: ClerkUserInput, context: WriteContext = {}) {
    requireNoSession('createClerkUser', context)
    return settledDocument(this, await upsertUser(targetOf(this), user, marked(this, context)), context)
  },

  async updateFromClerkData(this: SyncModel, clerkId: string, user: ClerkUserInput, context: WriteContext = {}) {
    requireNoSession('updateFromClerkData', context)
    if (clerkUserJSON(user).id !== clerkId) {
      throw new ClerkSyncError('id_mismatch', 'updateFromClerkData was given one id and the data of another user.')
    }
    return settledDocument(this, await upsertUser(targetOf(this), user, marked(this, context)), context)
  },

  async upsertFromClerk(this: SyncModel, user: ClerkUserInput, context: WriteContext = {}) {
    requireNoSession('upsertFromClerk', context)
    return upsertUser(targetOf(this), user, marked(this, context))
  },

  async deleteFromClerk(this: SyncModel, clerkId: string, context: WriteContext = {}) {
    requireNoSession('deleteFromClerk', context)
    if (!isClerkId(clerkId))
      throw new ClerkSyncError('invalid_clerk_user', 'deleteFromClerk needs the id of a Clerk user.')
    return deleteUser(targetOf(this), clerkId, context)
  },

  async clearHookMarks(this: SyncModel, clerkId: string, hook: SettledHook, context: WriteContext = {}) {
    requireNoSession('clearHookMarks', context)
    return clearHookMarks(targetOf(this), clerkId, hook, context)
  },
}

/** `.activeInClerk()`: only users of Clerk's that it has not deleted. */
export const clerkQueryHelpers = {
  activeInClerk(this: { model: SyncModel; and(filters: AnyDoc[]): unknown }) {
    const { idPath, paths } = targetOf(this.model)
    // Beside what is asked already: a plain condition on the id would take the place of an earlier one.
    const conditions = { [idPath]: { $gt: '' }, [paths.clerkDeletedAt]: NOT_DELETED }
    return this.and(
      Object.entries(conditions).map(([path, condition]) => ({ [path]: trusted(this, { ...condition }) })),
    )
  },
}

/** Gives a schema the statics. */
export function addStatics(schema: HostSchema): void {
  const statics = schema.statics as AnyDoc
  for (const [name, own] of Object.entries(clerkStatics)) {
    if ((statics[name] ?? own) !== own) throw nameTaken('The schema', name)
  }
  Object.assign(schema.statics, clerkStatics)
}

/**
 * Refuses a model whose statics of ours were replaced after the plugin was applied.
 * @throws {ClerkSyncError} `schema_unfit`.
 */
export function requireOwnStatics(model: SyncModel): void {
  const onSchema = schemaOf(model).statics as AnyDoc
  const onModel = model as unknown as AnyDoc
  for (const [name, own] of Object.entries(clerkStatics)) {
    // With middleware for it (`schema.pre('upsertFromClerk')`), the model has mongoose's wrapper instead.
    const isReplaced = onModel[name] !== own && !hasMiddleware(model, name)
    if (onSchema[name] !== own || isReplaced) throw nameTaken(`The model ${model.modelName}`, name)
  }
}

/** Whether the schema has middleware of that name; mongoose has no public way to ask. Checked with 8.24 and 9.12. */
function hasMiddleware(model: SyncModel, name: string): boolean {
  const { s } = model.schema as unknown as { s?: { hooks?: { hasHooks?(name: string): boolean } } }
  return s?.hooks?.hasHooks?.(name) ?? false
}

function nameTaken(owner: string, name: string): ClerkSyncError {
  return new ClerkSyncError(
    'schema_unfit',
    `${owner} has a static ${name} of its own, and clerkSyncPlugin adds one by that name. Rename yours.`,
  )
}

/** The document as it stands after a write; `null` for a user that Clerk has deleted. */
async function settledDocument(model: SyncModel, { clerkId, conflict, outcome }: WriteResult, context: WriteContext) {
  const target = targetOf(model)
  const doc = await readUser(target, clerkId, context)
  if (!doc && outcome === 'conflict') {
    throw new ClerkSyncError('conflict', conflict?.message ?? 'The user could not be stored.')
  }
  return doc && !(await storedValueOf(target, doc, target.paths.clerkDeletedAt, context)) ? doc : null
}
