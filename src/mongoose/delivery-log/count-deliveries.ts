import type { DeliveryLogOptions } from '../../store/delivery-log'
import { MAX_OPEN } from '../../store/delivery-tally'
import type { DeliveryCounts } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import type { Target } from '../target/target'
import { countOpen, findEntries, isOpen, logCollection, type StoredEntry, toLogged } from './entries'
import { lastCountedAt, readTallies } from './tallies'

/** Matches messages that never succeeded. */
const isFailing = { outcome: null }

/** Reads the tallies since then and counts open messages, with indexes that do not grow with the log. */
export async function countDeliveries(
  target: Target,
  options: DeliveryLogOptions,
  since: Date,
  context: WriteContext,
): Promise<DeliveryCounts> {
  const log = logCollection(target, options)
  const [tallies, failing, conflicts, oldest] = await Promise.all([
    readTallies(log, since, context),
    countOpen(log, isFailing, MAX_OPEN, context),
    countOpen(log, { outcome: 'conflict' }, MAX_OPEN, context),
    findEntries(log, { ...isOpen, ...isFailing }, context)
      .sort({ openSince: 1 })
      .limit(1)
      .toArray(),
  ])
  const [oldestFailing] = (oldest as unknown as StoredEntry[]).map(toLogged)
  const lastAt = tallies.at(-1)?.lastAt ?? (await lastCountedAt(log, context))
  return { tallies, lastAt, failing, conflicts, oldestFailing }
}
