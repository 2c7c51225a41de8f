import type { Collection } from 'mongoose'
import type { DeliveryLogOptions } from '../../store/delivery-log'
import type { LoggedDelivery } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { type AnyDoc, fromPrimary, type Target, within } from '../target/target'

/** The log's collection. It also holds tallies: read entries with `findEntries` and `countEntries`. */
export const logCollection = (
  target: Target,
  { collection = 'clerk_deliveries', model }: DeliveryLogOptions,
): Collection => (model?.collection ?? target.model.db.collection(collection)) as Collection

/** Matches entries. Tallies have no `lastSeenAt`. */
const isEntry = { lastSeenAt: { $gt: new Date(0) } }

/** Returns a cursor over the entries of a log that match, and not over its tallies. */
export function findEntries(log: Collection, filter: AnyDoc, context: WriteContext) {
  return log.find({ ...isEntry, ...filter } as never, { ...fromPrimary, ...within(context) })
}

/** Counts the entries of a log that match, and not its tallies. Stops at `limit`. */
export function countEntries(log: Collection, filter: AnyDoc, limit: number, context: WriteContext): Promise<number> {
  return log.countDocuments({ ...isEntry, ...filter } as never, { limit, ...fromPrimary, ...within(context) })
}

/** An entry as it is stored. */
export interface StoredEntry extends Omit<LoggedDelivery, 'messageId'> {
  _id: string
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
