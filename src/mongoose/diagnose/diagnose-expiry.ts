import type { StoreDiagnoseContext } from '../../store/clerk-store'
import type { Finding } from '../../store/finding'
import { ensureTombstoneIndex, expiryDays, REPLAY_DAYS } from '../deletion/tombstones'
import { buildLogIndexes, missingLogIndexes } from '../delivery-log/delivery-log-indexes'
import { logCollection, ttlSecondsOf } from '../delivery-log/entries'
import type { Target } from '../target/target'

/** Checks that tombstones expire, but not before the last possible replay of an event. */
export async function diagnoseTombstoneExpiry(target: Target, context: StoreDiagnoseContext): Promise<Finding> {
  const check = 'tombstones'
  const name = target.tombstones.collectionName
  const days = await expiryDays(target.tombstones, 'receivedAt', context)
  if (days === 'no collection') {
    return { check, verdict: 'ok', message: `The first delivery creates ${name}.` }
  }
  if (days === undefined) {
    if (context.fix) await ensureTombstoneIndex(target, context)
    if (context.fix && (await expiryDays(target.tombstones, 'receivedAt', context)) !== undefined)
      return { check, verdict: 'ok', message: `${name} had no TTL index. It was built.`, isFixed: true }
    const remedy = context.fix
      ? 'Another index on receivedAt prevents it. Drop that index and run this again.'
      : 'The next delivery builds it, and so does fix (doctor --fix).'
    return { check, verdict: 'warning', message: `${name} has no TTL index, so its entries never expire.`, remedy }
  }
  if (days < REPLAY_DAYS) {
    return {
      check,
      verdict: 'warning',
      message: `${name} keeps deletions for ${days} days, but Svix can replay events for ${REPLAY_DAYS}. A replay could restore deleted users.`,
      remedy: 'Drop its index on receivedAt. The next start builds the right one.',
    }
  }
  return { check, verdict: 'ok', message: `${name} keeps deletions for ${days} days.` }
}

/** Checks that entries of the delivery log expire, if there is one. */
export async function diagnoseDeliveryExpiry(target: Target, context: StoreDiagnoseContext): Promise<Finding[]> {
  if (!context.deliveries) return []
  const check = 'delivery_log'
  const entries = logCollection(target, context.deliveries)
  const name = entries.collectionName
  const { ttlDays = 90 } = context.deliveries
  const days = await expiryDays(entries, 'lastSeenAt', context)
  if (days === 'no collection') return [{ check, verdict: 'ok', message: `The first delivery creates ${name}.` }]
  if (days === ttlDays) return [{ check, verdict: 'ok', message: `${name} keeps entries for ${days} days.` }]
  const message =
    days === undefined
      ? `${name} has no TTL index, so its entries never expire.`
      : `${name} keeps entries for ${days} days, not ${ttlDays}.`
  const remedy =
    'The first delivery after a start sets it. It needs a database user that may run createIndexes and collMod.'
  return [{ check, verdict: 'warning', message, remedy }]
}

/** Checks that `status` can count the delivery log with its indexes alone. */
export async function diagnoseDeliveryIndexes(target: Target, context: StoreDiagnoseContext): Promise<Finding[]> {
  if (!context.deliveries) return []
  const check = 'delivery_log_indexes'
  const entries = logCollection(target, context.deliveries)
  const name = entries.collectionName
  // A collection that does not exist yet is created with its indexes.
  const missing = await missingLogIndexes(entries, context)
  if (missing.length === 0) return [{ check, verdict: 'ok', message: `${name} has the indexes that status() needs.` }]
  if (context.fix) {
    await buildLogIndexes(entries, ttlSecondsOf(context.deliveries), context)
    return [
      { check, verdict: 'ok', message: `${name} lacked ${missing.join(' and ')}. This was built.`, isFixed: true },
    ]
  }
  const message = `${name} lacks ${missing.join(' and ')}, so status() reads every entry.`
  const remedy =
    'The first delivery after a start builds them, and so does fix (doctor --fix). The database user must be allowed to run createIndexes.'
  return [{ check, verdict: 'warning', message, remedy }]
}
