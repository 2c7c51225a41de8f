import { ClerkSyncError } from '../errors'
import { isClerkId } from '../events'
import type { Logger } from '../logger'
import { clerkUserJSON } from '../map/clerk-user-json'
import type {
  ClerkUserInput,
  DeliveryLogOptions,
  JobStoreOptions,
  SettledHook,
  StoreDiagnoseContext,
  SyncRules,
  WriteContext,
  WriteResult,
} from '../store'
import { checkFit } from './check-fit'
import { openDeliveryLog } from './delivery-log'
import { diagnoseModel } from './diagnose'
import { openJobStore } from './job-store'
import { openPushStore } from './push/push-store'
import { type AnyDoc, NOT_DELETED, type SyncModel, targetOf, trusted, valueAt } from './target'
import { deleteUser, settleHook, upsertUser } from './upsert'

/** The event types that some `createClerkSync` of this process has hooks for, by model. */
const hooked = new WeakMap<SyncModel, ReadonlySet<string>>()

/** A static that makes a document, or a tombstone, leaves the message that follows its hook to run. */
function marked(model: SyncModel, type: string, context: WriteContext): WriteContext {
  const isOwed = context.marks === undefined && hooked.get(model)?.has(type)
  return isOwed ? { ...context, marks: { sentinel: type } } : context
}

/** What the plugin puts on the model; documented where the host sees it, at `ClerkStatics`. */
export const clerkStatics = {
  findByClerkId(this: SyncModel, clerkId: string | null | undefined) {
    const { idPath } = targetOf(this)
    // A missing id must not match the documents that have none, nor an object act as an operator.
    const asked = isClerkId(clerkId) ? clerkId : trusted({ model: this }, { $in: [] })
    // A secondary may not have heard yet of the user that was written a moment ago.
    return this.findOne({ [idPath]: asked }).read('primary')
  },

  async createClerkUser(this: SyncModel, user: ClerkUserInput, context: WriteContext = {}) {
    return settledDocument(this, await upsertUser(targetOf(this), user, marked(this, 'user.created', context)))
  },

  async updateFromClerkData(this: SyncModel, clerkId: string, user: ClerkUserInput, context: WriteContext = {}) {
    if (clerkUserJSON(user).id !== clerkId) {
      throw new ClerkSyncError('id_mismatch', 'updateFromClerkData was given one id and the data of another user.')
    }
    return settledDocument(this, await upsertUser(targetOf(this), user, marked(this, 'user.created', context)))
  },

  async upsertFromClerk(this: SyncModel, user: ClerkUserInput, context: WriteContext = {}) {
    return upsertUser(targetOf(this), user, marked(this, 'user.created', context))
  },

  async deleteFromClerk(this: SyncModel, clerkId: string, context: WriteContext = {}) {
    if (!isClerkId(clerkId))
      throw new ClerkSyncError('invalid_clerk_user', 'deleteFromClerk needs the id of a Clerk user.')
    return deleteUser(targetOf(this), clerkId, marked(this, 'user.deleted', context))
  },

  async settleHook(this: SyncModel, clerkId: string, hook: SettledHook, context: WriteContext = {}) {
    return settleHook(targetOf(this), clerkId, hook, context)
  },

  deliveryLog(this: SyncModel, options: DeliveryLogOptions) {
    return openDeliveryLog(targetOf(this), options)
  },

  jobs(this: SyncModel, options: JobStoreOptions = {}) {
    return openJobStore(targetOf(this), options)
  },

  diagnose(this: SyncModel, context: StoreDiagnoseContext) {
    return diagnoseModel(targetOf(this), context)
  },

  /** Also of a lean document, as `findByClerkId(…).lean()` gives it. */
  isDeletedInClerk(this: SyncModel, doc: AnyDoc) {
    const { clerkDeletedAt } = targetOf(this).paths
    return Boolean(typeof doc.get === 'function' ? doc.get(clerkDeletedAt) : valueAt(doc, clerkDeletedAt))
  },

  clerkIdOf(this: SyncModel, doc: AnyDoc) {
    const { idPath } = targetOf(this)
    const clerkId = typeof doc.get === 'function' ? doc.get(idPath) : valueAt(doc, idPath)
    return isClerkId(clerkId) ? clerkId : undefined
  },

  pushes(this: SyncModel) {
    return openPushStore(targetOf(this))
  },

  checkFit(this: SyncModel, rules: SyncRules, logger: Logger, hookTypes: ReadonlySet<string>) {
    checkFit(targetOf(this), rules, logger)
    hooked.set(this, new Set([...(hooked.get(this) ?? []), ...hookTypes]))
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

/** The document as it stands after a write; `null` for a user that Clerk has deleted. */
async function settledDocument(model: SyncModel, { clerkId, conflict, outcome }: WriteResult) {
  const { idPath, paths } = targetOf(model)
  const doc = await model.findOne({ [idPath]: clerkId }).read('primary')
  if (!doc && outcome === 'conflict') {
    throw new ClerkSyncError('conflict', conflict?.message ?? 'The user could not be stored.')
  }
  return doc?.get(paths.clerkDeletedAt) ? null : doc
}
