import type { Collection } from 'mongoose'
import type { JobStoreOptions } from '../../store/clerk-store'
import type { JobStore } from '../../store/job-store'
import type { WriteContext } from '../../store/write'
import { countDeliveries } from '../delivery-log/count-deliveries'
import { closeDeliveries, readDeliveries } from '../delivery-log/delivery-log'
import { missingLogIndexes } from '../delivery-log/delivery-log-indexes'
import { logCollection } from '../delivery-log/entries'
import { atDatabase, wrapDatabaseError } from '../target/database-error'
import type { Target } from '../target/target'
import { ready } from '../write/ready'
import { revive } from '../write/revive'
import { removeUnstored } from '../write/unstored'
import { findDuplicates } from './duplicates'
import { findUnstored } from './find-unstored'
import { listJobs, saveResult, takeLease } from './leases'
import { lookUp } from './look-up'
import { missingStatusIndexes } from './status-indexes'
import { compareStored, findStored, sampleStored, walkStored } from './stored-documents'
import { countDocuments } from './summary'
import { upsertMany } from './upsert-many'

/** Opens what backfill, reconcile and `status` need of a model. Database errors are converted to ours. */
export function openJobStore(target: Target, { deliveries }: JobStoreOptions): JobStore {
  const jobs = target.model.db.collection(target.options.jobs) as Collection
  return {
    upsertMany: (resources, context) => atDatabase(() => upsertMany(target, resources, context)),
    walk: (context) => eachAtDatabase(walkStored(target, context)),
    find: (clerkIds, context) => atDatabase(() => findStored(target, clerkIds, context)),
    lookUp: (clerkId, context) => atDatabase(() => lookUp(target, clerkId, context)),
    sample: (size, context) => atDatabase(() => sampleStored(target, size, context)),
    compare: (json, stored, context) => compareStored(target, json, stored, context),
    duplicates: (context) => eachAtDatabase(findDuplicates(target, context)),
    revive: (clerkId, context) => atDatabase(() => revive(target, clerkId, context)),
    async lease(job, ttlMs, context) {
      const lease = await atDatabase(async () => {
        // A job cannot write without the unique index, so it must not take the lease either.
        await ready(target, context)
        return takeLease(jobs, job, ttlMs, context)
      })
      if (!lease) return null
      const { state, save, release } = lease
      return {
        state,
        save: (next) => atDatabase(() => save(next)),
        release: (how) => atDatabase(() => release(how)),
      }
    },
    saveResult: (job, result, context) => atDatabase(() => saveResult(jobs, job, result, context)),
    summary: (context) =>
      atDatabase(async () => {
        const [counts, runs, ...missing] = await Promise.all([
          countDocuments(target, context),
          listJobs(jobs, context),
          missingStatusIndexes(target, context),
          deliveries ? missingOfLog(logCollection(target, deliveries), context) : [],
        ])
        return { ...counts, jobs: runs, missingIndexes: missing.flat() }
      }),
    unstored: (context) => eachAtDatabase(findUnstored(target, context)),
    removeUnstored: (clerkIds, context) => atDatabase(() => removeUnstored(target, clerkIds, context)),
    async *deliveries(query, context) {
      if (deliveries) yield* eachAtDatabase(readDeliveries(target, deliveries, query, context))
    },
    countDeliveries: (since, context) =>
      atDatabase(async () => {
        return deliveries ? countDeliveries(target, deliveries, since, context) : noDeliveries
      }),
    closeDeliveries: (messageIds, context) =>
      atDatabase(async () => {
        if (deliveries) await closeDeliveries(target, deliveries, messageIds, context)
      }),
  }
}

async function missingOfLog(log: Collection, context: WriteContext): Promise<string[]> {
  const names = await missingLogIndexes(log, context)
  return names.map((name) => `${log.collectionName}.${name}`)
}

const noDeliveries = { tallies: [], lastAt: undefined, failing: 0, conflicts: 0, oldestFailing: undefined }

async function* eachAtDatabase<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* items
  } catch (error) {
    throw wrapDatabaseError(error)
  }
}
