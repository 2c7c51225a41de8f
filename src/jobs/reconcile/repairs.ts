import { ClerkSyncError, isClerkSyncError } from '../../errors'
import type { ClerkResourceJSON, ResourceName } from '../../events/events'
import type { BulkResult, StoredDocument } from '../../store/job-store'
import { failureOf } from '../backfill/backfill-tally'
import type { Reference } from '../clerk/look-up-memberships'
import { instanceMismatch } from '../clerk/same-instance'
import { type FailureCause, FailureTally } from '../run/failure-tally'
import type { JobContext } from '../run/job-context'
import type { JobFailure } from '../run/job-failure'
import { writePage } from '../run/write-page'
import type { DriftTally } from './drift-tally'
import type { Drifted, DriftKind } from './reconcile-report'

/** More deletions than this, and than documents in common, suggest the key of another instance. */
const MAX_UNCHECKED_DELETIONS = 10
/** Time limit for fetching one object; no request is waiting. */
const LOOK_MS = 60_000
/** Errors that every other one would meet too. */
const outageCodes = ['clerk_unreachable', 'clerk_key_invalid', 'timed_out']

/** Repairs what a comparison found, with the guarded write. */
export class Repairs {
  readonly repaired: Partial<Record<DriftKind, number>> = {}
  #failedWrites = new FailureTally()
  /** What could be neither deleted nor revived. */
  readonly #failedDeletions = new FailureTally()
  readonly #context: JobContext
  readonly #signal: AbortSignal | undefined
  readonly #toDelete = new Map<string, StoredDocument>()

  constructor(context: JobContext, signal: AbortSignal | undefined) {
    this.#context = context
    this.#signal = signal
  }

  get failures(): JobFailure[] {
    return [...this.#failedWrites.failures, ...this.#failedDeletions.failures]
  }

  get causes(): FailureCause[] {
    return [...this.#failedWrites.causes, ...this.#failedDeletions.causes]
  }

  /** Discards failed writes before they are attempted again. */
  discardFailedWrites(): void {
    this.#failedWrites = new FailureTally()
  }

  async write(drifted: readonly Drifted[]): Promise<void> {
    if (drifted.length === 0) return
    const kinds = new Map(drifted.map(({ json, kind }) => [json.id, kind]))
    const page = drifted.map(({ json }) => json)
    const results = await writePage(this.#context, page, this.#signal)
    for (const result of results) this.#note(kinds.get(result.clerkId) ?? 'stale', result)
  }

  /** Postpones a deletion to the end of the comparison, when it is known whether the two sides belong together. */
  deleteLater({ clerkId, isDeleted, pair, endedBy }: StoredDocument): void {
    this.#toDelete.set(clerkId, { clerkId, isDeleted, ...(pair && { pair }), ...(endedBy && { endedBy }) })
  }

  /**
   * Deletes the postponed documents.
   * @returns how many were deleted.
   * @throws {ClerkSyncError} `clerk_instance_mismatch` if these deletions look like a mistake.
   */
  async delete({ onBothSides }: DriftTally, areRequested: boolean): Promise<number> {
    const { options, resource, writeContext } = this.#context
    await this.#endWithOwners()
    const count = [...this.#toDelete.values()].filter(({ isDeleted }) => !isDeleted).length
    if (!areRequested && count > MAX_UNCHECKED_DELETIONS && count > onBothSides && options.instanceId === undefined) {
      throw instanceMismatch(
        `Clerk does not have ${count} of ${count + onBothSides} stored ${resource.name}s, which would be deleted`,
      )
    }
    for (const [clerkId, document] of this.#toDelete) {
      this.#signal?.throwIfAborted()
      await this.#attempt(clerkId, 'deletedInClerk', async () => {
        // A deletion is final, so the object itself is fetched instead of trusting a list.
        if (await this.#look(document)) return undefined
        await resource.store.deleteFromClerk(clerkId, writeContext())
        return { clerkId, outcome: 'deleted' }
      })
    }
    return this.repaired.deletedInClerk ?? 0
  }

  /**
   * Ends the memberships of deleted users and organizations, as their deletion would have done. Clerk is not asked,
   * because the store keeps no membership of these.
   */
  async #endWithOwners(): Promise<void> {
    const { resource, options } = this.#context
    for (const [ownerId, documents] of byOwner(this.#toDelete.values())) {
      this.#signal?.throwIfAborted()
      const owner = documents.some(({ pair }) => pair?.userId === ownerId) ? 'user' : 'organization'
      const dependents = resource.store.dependentsOf?.(owner)
      if (!dependents) continue
      let ending: Promise<void> | undefined
      for (const { clerkId } of documents) {
        this.#toDelete.delete(clerkId)
        await this.#attempt(clerkId, 'deletedInClerk', async () => {
          ending ??= dependents.endAllOf(ownerId, { logger: options.logger })
          await ending
          return { clerkId, outcome: 'deleted' }
        })
      }
    }
  }

  async revive(clerkIds: Iterable<string>): Promise<void> {
    const { jobs, resource, writeContext } = this.#context
    for (const clerkId of clerkIds) {
      this.#signal?.throwIfAborted()
      await this.#attempt(clerkId, 'deletedHere', async () => {
        const [stored] = await jobs.find([clerkId], writeContext())
        if (!stored) throw new ClerkSyncError('conflict', `The store has no deleted ${resource.name} with this id.`)
        // Already restored.
        if (!stored.isDeleted) return undefined
        if (!(await this.#look(stored))) throw missingInClerk(resource.name)
        await jobs.revive(clerkId, writeContext())
        // An earlier deletion in Clerk found the user already deleted, and is not sent again.
        const json = await this.#look(stored)
        if (json) return (await jobs.upsertMany([json], writeContext()))[0]
        await resource.store.deleteFromClerk(clerkId, writeContext())
        throw missingInClerk(resource.name)
      })
    }
  }

  #look(reference: Reference): Promise<ClerkResourceJSON | null> {
    return this.#context.source.get(reference, Date.now() + LOOK_MS)
  }

  /** Repairs one document; a failure does not stop the others. `undefined`: nothing to do. */
  async #attempt(clerkId: string, kind: DriftKind, work: () => Promise<BulkResult | undefined>): Promise<void> {
    try {
      const result = await work()
      if (result) this.#note(kind, result)
    } catch (error) {
      const known = isClerkSyncError(error) ? error : hostFailure(error)
      if (outageCodes.includes(known.code)) throw error
      this.#note(kind, { clerkId, error: known })
    }
  }

  #note(kind: DriftKind, result: BulkResult): void {
    const failure = failureOf(result)
    const isWrite = kind !== 'deletedInClerk' && kind !== 'deletedHere'
    if (failure) return void (isWrite ? this.#failedWrites : this.#failedDeletions).add(failure)
    this.repaired[kind] = (this.repaired[kind] ?? 0) + 1
  }
}

/** Documents that end with a deleted user or organization, by its id. */
function byOwner(documents: Iterable<StoredDocument>): Map<string, StoredDocument[]> {
  const groups = new Map<string, StoredDocument[]>()
  for (const document of documents) {
    if (document.endedBy === undefined) continue
    const group = groups.get(document.endedBy) ?? []
    groups.set(document.endedBy, group)
    group.push(document)
  }
  return groups
}

function missingInClerk(name: ResourceName): ClerkSyncError {
  return new ClerkSyncError('conflict', `Clerk does not have this ${name}, so it stays deleted.`)
}

function hostFailure(cause: unknown): ClerkSyncError {
  const message = 'The map, onDelete or middleware of your schema threw for this id. See the cause.'
  return new ClerkSyncError('schema_unfit', message, { cause })
}
