import { isClerkId } from '../events/events'
import type { ClerkStore, Dependents } from '../store/clerk-store'
import { endAllOf } from './bulk/end-all'
import { openJobStore } from './bulk/job-store'
import { checkSchema } from './check/check-schema'
import { addDependents } from './deletion/delete'
import { openDeliveryLog } from './delivery-log/delivery-log'
import { diagnoseModel } from './diagnose/diagnose'
import { openPushStore } from './push/push-store'
import { readMembership, readUser, storedValueOf } from './read-user'
import { checkedPaths } from './schema/add-paths'
import { requireOwnStatics } from './statics'
import { atDatabase, explainFailure } from './target/database-error'
import { clientOf, locate } from './target/location'
import { type AnyDoc, type SyncModel, schemaOf, type Target, targetOf, within } from './target/target'
import { deleteFromClerk, upsertFromClerk } from './write/guarded-write'
import { addHookTypes, clearHookMarks } from './write/hook-marks'
import { refsTo } from './write/refs'

/**
 * Opens the store of a model for `createClerkSync`.
 * @throws {ClerkSyncError} `plugin_missing`, `schema_unfit` for the model of a discriminator.
 */
export function openStore(model: SyncModel): ClerkStore<AnyDoc> {
  const target = targetOf(model)
  return {
    findByClerkId: (clerkId, context) => readUser(target, clerkId, context),
    upsertFromClerk: (user, context) => upsertFromClerk(target, user, context ?? {}),
    deleteFromClerk: (clerkId, context) => deleteFromClerk(target, clerkId, context ?? {}),
    clearHookMarks: (clerkId, hook, context) => clearHookMarks(target, clerkId, hook, context ?? {}),
    checkSchema(rules) {
      requireOwnStatics(model)
      checkedPaths(schemaOf(model), target.options)
      return checkSchema(target, rules)
    },
    isConnected: () => model.db.readyState === model.base.ConnectionStates.connected,
    addHookTypes: (types) => addHookTypes(model, types),
    ...(target.options.entity.name === 'membership' && {
      findMembership: (pair, context) => readMembership(target, pair, context),
      dependentsOf: (owner) => dependentsOf(target, owner),
    }),
    addDependents: (dependents) => addDependents(model, dependents),
    deliveryLog: (options) => openDeliveryLog(target, options),
    jobs: (options) => openJobStore(target, options),
    location: () => locate(model),
    async ping(context) {
      await atDatabase(async () => model.db.db?.command({ ping: 1 }, within(context)))
    },
    explainError: (error) => explainFailure(error, clientOf(model.db)),
    diagnose: (context) => diagnoseModel(target, context),
    pushes: () => openPushStore(target),
    async isDeletedInClerk(doc, context) {
      return Boolean(await storedValueOf(target, doc, target.paths.clerkDeletedAt, context))
    },
    async clerkIdOf(doc, context) {
      const clerkId = await storedValueOf(target, doc as AnyDoc, target.idPath, context)
      return isClerkId(clerkId) ? clerkId : undefined
    },
  }
}

function dependentsOf(target: Target, owner: 'user' | 'organization'): Dependents {
  const path = target.paths[owner === 'user' ? 'userId' : 'organizationId']
  return {
    name: target.model.collection.collectionName,
    ...refsTo(target, owner),
    endAllOf: (ownerId, context, isAgain) => atDatabase(() => endAllOf(target, { path, ownerId, isAgain }, context)),
  }
}
