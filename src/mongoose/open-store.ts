import { isClerkId } from '../events'
import type { ClerkStore } from '../store'
import { checkedPaths } from './add-paths'
import { checkFit } from './check-fit'
import { openDeliveryLog } from './delivery-log'
import { diagnoseModel } from './diagnose'
import { openJobStore } from './job-store'
import { warnOfNestedProfile } from './nested-profile'
import { openPushStore } from './push/push-store'
import { readUser, storedValueOf } from './read-user'
import { clerkStatics, noteHooks, requireOwnStatics } from './statics'
import { type AnyDoc, type SyncModel, schemaOf, targetOf } from './target'
import { resolveRules } from './upsert'

/**
 * The store of a model, which `createClerkSync` opens. Nothing of it goes by a name on the model, where a static of the app
 * could be in its place.
 * @throws {ClerkSyncError} `plugin_missing`, `schema_unfit` for the model of a discriminator.
 */
export function openStore(model: SyncModel): ClerkStore<AnyDoc> {
  const target = targetOf(model)
  return {
    findByClerkId: (clerkId) => readUser(target, clerkId),
    upsertFromClerk: (user, context) => clerkStatics.upsertFromClerk.call(model, user, context),
    deleteFromClerk: (clerkId, context) => clerkStatics.deleteFromClerk.call(model, clerkId, context),
    settleHook: (clerkId, hook, context) => clerkStatics.settleHook.call(model, clerkId, hook, context),
    checkFit(rules, { logger, hookTypes, strict }) {
      requireOwnStatics(model)
      checkedPaths(schemaOf(model), target.options)
      checkFit(target, rules, logger, strict)
      warnOfNestedProfile(target, resolveRules(target, rules).mapUser, logger)
      noteHooks(model, hookTypes)
    },
    deliveryLog: (options) => openDeliveryLog(target, options),
    jobs: (options) => openJobStore(target, options),
    diagnose: (context) => diagnoseModel(target, context),
    pushes: () => openPushStore(target),
    isDeletedInClerk: async (doc) => Boolean(await storedValueOf(target, doc, target.paths.clerkDeletedAt)),
    async clerkIdOf(doc) {
      const clerkId = await storedValueOf(target, doc as AnyDoc, target.idPath)
      return isClerkId(clerkId) ? clerkId : undefined
    },
  }
}
