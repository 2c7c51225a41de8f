import type { Collection } from 'mongoose'
import { atLeast } from '../../number-options'
import type { DeliveryLogOptions } from '../../store/delivery-log'
import type { LoggedDelivery } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { type AnyDoc, fromPrimary, type Target, within } from '../target/target'

/** The log's collection. It also holds tallies: read entries with `findEntries`. */
export const logCollection = (
  target: Target,
  { collection = 'clerk_deliveries', model }: DeliveryLogOptions,
): Collection => (model?.collection ?? target.model.db.collection(collection)) as Collection

const DAY_SECONDS = 24 * 60 * 60
/** The largest value of a TTL index. */
const MAX_TTL_SECONDS = 2 ** 31 - 1

/** How long entries and tallies are kept. @throws {ClerkSyncError} `invalid_option`. */
export const ttlSecondsOf = ({ ttlDays = 90 }: DeliveryLogOptions): number =>
  Math.min(MAX_TTL_SECONDS, atLeast('deliveries.ttlDays', ttlDays, 0) * DAY_SECONDS)

/** Matches entries. Tallies have no `lastSeenAt`. */
const isEntry = { lastSeenAt: { $gt: new Date(0) } }
/** Matches messages whose last delivery failed or that are in conflict. Only entries have this path. */
export const isOpen = { openSince: { $gt: new Date(0) } }

/** Returns a cursor over the entries of a log that match, and not over its tallies. */
export function findEntries(log: Collection, filter: AnyDoc, context: WriteContext) {
  const kind = 'openSince' in filter ? {} : isEntry
  return log.find({ ...kind, ...filter } as never, { ...fromPrimary, ...within(context) })
}

/** Counts the open entries of a log that match. Stops at `limit`. */
export function countOpen(log: Collection, filter: AnyDoc, limit: number, context: WriteContext): Promise<number> {
  return log.countDocuments({ ...isOpen, ...filter } as never, { limit, ...fromPrimary, ...within(context) })
}

/** An entry as it is stored. */
export interface StoredEntry extends Omit<LoggedDelivery, 'messageId'> {
  _id: string
  /** When its first failure or conflict was, while the message needs attention. */
  openSince?: Date
  /** Models whose hook for this message has finished, named as in a tombstone. */
  hooksDone?: string[]
}

/** An entry as apps see it. */
export function toLogged({
  _id: messageId,
  clerkId,
  instanceId,
  eventAt,
  hooksDone: _,
  ...rest
}: StoredEntry): LoggedDelivery {
  return { messageId, clerkId, instanceId, eventAt, ...rest }
}
