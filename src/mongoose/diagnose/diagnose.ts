import type { StoreDiagnoseContext, StoreDiagnosis } from '../../store/clerk-store'
import { type Finding, type FindingCheck, runCheck } from '../../store/finding'
import { checkSchema } from '../check/check-schema'
import { unfilledPaths } from '../check/unfilled'
import { type AnyDoc, fromPrimary, NOT_DELETED, resolveRules, type Target, valueAt, within } from '../target/target'
import { diagnoseAddresses } from './diagnose-addresses'
import { diagnoseDeliveryExpiry, diagnoseDeliveryIndexes, diagnoseTombstoneExpiry } from './diagnose-expiry'
import { diagnoseExternalId, diagnoseIdIndex, diagnoseValueIndexes } from './diagnose-indexes'
import { diagnoseOwnersIndex } from './diagnose-owners'
import { diagnoseRules } from './diagnose-rules'
import { diagnoseWrites, greet } from './diagnose-server'
import { diagnoseSiblings } from './diagnose-siblings'
import { diagnoseStatusIndexes } from './diagnose-status-indexes'

type Check = [check: FindingCheck, run: () => Promise<Finding | Finding[]>]

/** Checks, one by one, what writes and jobs need of a model's database. Rejects if the server does not respond. */
export async function diagnoseModel(target: Target, context: StoreDiagnoseContext): Promise<StoreDiagnosis> {
  const { finding, serverTime } = await greet(target, context)
  const addresses: Check = ['addresses', () => diagnoseAddresses(target, context)]
  const checks: Check[] = [
    ['elsewhere', () => diagnoseSiblings(target, context)],
    ['writes', () => diagnoseWrites(target, context)],
    ['id_index', () => diagnoseIdIndex(target, context)],
    ['owners_index', () => diagnoseOwnersIndex(target, context)],
    ['external_id_index', () => diagnoseExternalId(target, context)],
    ['value_indexes', () => diagnoseValueIndexes(target, context)],
    ['status_indexes', () => diagnoseStatusIndexes(target, context)],
    ['rules', () => diagnoseRules(target, context)],
    ['unfilled_paths', async () => diagnoseUnfilled(target, context)],
    ...(target.options.entity.names.includes('email') ? [addresses] : []),
    ['tombstones', () => diagnoseTombstoneExpiry(target, context)],
    ['delivery_log', () => diagnoseDeliveryExpiry(target, context)],
    ['delivery_log_indexes', () => diagnoseDeliveryIndexes(target, context)],
  ]
  const findings = [finding]
  for (const [check, run] of checks) findings.push(...(await runCheck(check, run)))
  return { findings, serverTime, oldDeletions: () => oldDeletions(target, context) }
}

/** Unfilled paths that match one of Clerk's values. Omits those that `checkSchema` already reports. */
function diagnoseUnfilled(target: Target, { rules }: StoreDiagnoseContext): Finding[] {
  const reported = checkSchema(target, rules).map(({ path }) => path)
  return unfilledPaths(target, resolveRules(target, rules))
    .filter(({ path }) => !reported.includes(path))
    .map(({ path, message, remedy }) => {
      return { check: 'unfilled_paths', verdict: 'warning', path, message: `${path}: ${message}.`, remedy }
    })
}

/** Users that an older scheme marked as deleted. Our own marks always include the reason. */
async function oldDeletions(target: Target, context: StoreDiagnoseContext): Promise<string[]> {
  const { idPath, paths } = target
  const filter: AnyDoc = {
    [paths.syncStatus]: 'error',
    [paths.syncError]: null,
    [idPath]: { $gt: '' },
    [paths.clerkDeletedAt]: NOT_DELETED,
  }
  const options = { projection: { [idPath]: 1 }, ...fromPrimary, ...within(context) }
  const found = await target.model.collection.find(filter, options).toArray()
  return found.map((doc) => String(valueAt(doc, idPath)))
}
