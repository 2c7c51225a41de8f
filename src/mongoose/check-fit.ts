import { ClerkSyncError } from '../errors'
import type { Logger } from '../logger'
import { callMapUser } from '../map/call-map-user'
import { sampleUsers } from '../map/sample-users'
import type { SyncRules } from '../store'
import { mappedFields } from './fields'
import { Concessions, candidate, missingRequired, passes } from './incoming'
import { checkOwned } from './push/check-owned'
import { setFitting } from './push/guard'
import { type Hands, splitOwned } from './push/owned-values'
import { schemaOf, schemaPath, type Target } from './target'
import { resolveRules } from './upsert'

/**
 * Tries the rules on two sample users before the first real one comes. What could never work is thrown; what costs some
 * users or some fields is a warning.
 * @param strict Throw what keeps every user out, rather than log it as an error.
 * @throws {ClerkSyncError} `schema_unfit`.
 */
export function checkFit(target: Target, given: SyncRules, logger: Logger, strict = false): void {
  const rules = resolveRules(target, given)
  const { model, idPath } = target
  if (idPath === '_id') checkIdAsClerkId(target, rules)
  else checkGeneratedId(target)
  const warn = (problem: string, fields: object) => logger.warn({ model: model.modelName, ...fields }, problem)
  const seen = new Set<string>()
  const missing: (string | undefined)[] = []
  for (const user of sampleUsers) {
    const { values: mapped, refused } = mappedFields(target, callMapUser(rules.mapUser, user))
    checkOwned(target, mapped.keys())
    const hands = splitOwned(target, user, mapped)
    const { values } = hands
    for (const { key, why } of refused) {
      if (why === 'unknown' && schemaOf(model).options.strict === 'throw')
        throw unfit(`mapUser gives ${key}, which is no path of the schema.`)
      if (!seen.has(key)) warn(`mapUser gives a path that is ${why} and will not be written`, { path: key })
      seen.add(key)
    }
    for (const path of values.keys()) {
      const definition = schemaPath(model, path)
      if (definition?.options.immutable && !seen.has(path))
        warn('the path is immutable: it is written once and never updated', { path })
      if (definition?.instance === 'Map' && !seen.has(path))
        warn('the path is a Map: keys with a dot or a leading $ are refused', { path })
      seen.add(path)
    }
    missing.push(checkInsert(target, user.id, hands))
  }
  tellMissing(target, missing, logger, strict)
  if (rules.linkBy && !hasUniqueEmail(target)) {
    warn('linkBy has no effect without a unique index on the e-mail path: no account would be found to link', {
      path: target.paths.email,
    })
  }
}

/** A required path that stays empty keeps some users out, or, where not even the one who has everything gets in, all of them. */
function tellMissing({ model }: Target, [full, other]: (string | undefined)[], logger: Logger, strict: boolean): void {
  const path = full ?? other
  if (path === undefined) return
  const remedy = /pass/i.test(path) ? `give the plugin passwordPath: '${path}'` : 'give it a default or map it'
  const fields = { model: model.modelName, path }
  if (full && strict)
    throw unfit(`The required path ${path} stays empty for every user of Clerk's, and none can be stored: ${remedy}.`)
  if (full)
    logger.error(fields, `a required path stays empty for every user of Clerk's, and nobody can be stored: ${remedy}`)
  else logger.warn(fields, `a required path stays empty for some users, who will be conflicts: ${remedy}`)
}

/** @returns a required path that such a user leaves empty. */
function checkInsert(target: Target, clerkId: string, hands: Hands): string | undefined {
  const concessions = new Concessions(target, { clerkId, ...hands, externalId: undefined })
  const doc = candidate(target, concessions.entries())
  setFitting(target, doc, concessions.insertEntries())
  const required = missingRequired(target, doc)
  doc.set(target.paths.syncStatus, 'active')
  const own = [target.paths.syncStatus, target.paths.authProvider]
  const refused = own.find((path) => !passes(target, doc, path))
  if (refused) throw unfit(`The schema's own ${refused} refuses the values this library writes there (see its enum).`)
  return required
}

/** With Clerk's id as `_id` a document cannot change hands. */
function checkIdAsClerkId(target: Target, rules: Required<SyncRules>): void {
  if (schemaPath(target.model, '_id')?.instance !== 'String')
    throw unfit("paths.clerkId is _id, but the schema's _id is no String.")
  if (rules.linkBy) throw unfit("linkBy cannot work where _id is Clerk's id: a document's _id can never change.")
}

function checkGeneratedId({ model }: Target): void {
  const id = schemaPath(model, '_id')
  if (id && id.instance !== 'ObjectId' && id.options.default === undefined) {
    throw unfit(`The schema's _id is a ${id.instance} without a default: give it one that makes an id for new users.`)
  }
}

function hasUniqueEmail({ model, paths }: Target): boolean {
  return schemaOf(model)
    .indexes()
    .some(([keys, options]) => options.unique && paths.email in keys)
}

const unfit = (message: string) => new ClerkSyncError('schema_unfit', message)
