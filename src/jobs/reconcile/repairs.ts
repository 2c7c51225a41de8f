import { ClerkSyncError, isClerkSyncError } from '../../errors'
import type { ClerkUserJSON } from '../../events/events'
import type { BulkResult } from '../../store/job-store'
import { failureOf } from '../backfill/backfill-tally'
import { instanceMismatch } from '../clerk/same-instance'
import { type FailureCause, FailureTally } from '../run/failure-tally'
import type { JobContext } from '../run/job-context'
import type { JobFailure } from '../run/job-failure'
import { writePage } from '../run/write-page'
import type { DriftTally } from './drift-tally'
import type { Drifted, DriftKind } from './reconcile-report'

/** More deletions than this, and than users in common, suggest the key of another instance. */
const MAX_UNCHECKED_DELETIONS = 10
/** Time limit for fetching one user; no request is waiting. */
const LOOK_MS = 60_000
/** Errors that every other user would meet too. */
const outageCodes = ['clerk_unreachable', 'clerk_key_invalid', 'timed_out']

/** Repairs what a comparison found, with the guarded write. */
export class Repairs {
  readonly repaired: Partial<Record<DriftKind, number>> = {}
  #failedWrites = new FailureTally()
  /** Users that could be neither deleted nor revived. */
  readonly #failedDeletions = new FailureTally()
  readonly #context: JobContext
  readonly #signal: AbortSignal | undefined
  /** By user, whether its document is already marked as deleted. */
  readonly #toDelete = new Map<string, boolean>()

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
    const kinds = new Map(drifted.map(({ user, kind }) => [user.id, kind]))
    const users = drifted.map(({ user }) => user)
    const results = await writePage(this.#context, users, this.#signal)
    for (const result of results) this.#note(kinds.get(result.clerkId) ?? 'stale', result)
  }

  /** Postpones a deletion to the end of the comparison, when it is known whether the two sides belong together. */
  deleteLater(clerkId: string, isDeleted: boolean): void {
    this.#toDelete.set(clerkId, isDeleted)
  }

  /**
   * Deletes the postponed users.
   * @returns how many were deleted.
   * @throws {ClerkSyncError} `clerk_instance_mismatch` if these deletions look like a mistake.
   */
  async delete({ onBothSides }: DriftTally, areRequested: boolean): Promise<number> {
    const { options, writeContext } = this.#context
    const count = [...this.#toDelete.values()].filter((isDeleted) => !isDeleted).length
    if (!areRequested && count > MAX_UNCHECKED_DELETIONS && count > onBothSides && options.instanceId === undefined) {
      throw instanceMismatch(
        `Clerk does not have ${count} of ${count + onBothSides} stored users, which would be deleted`,
      )
    }
    for (const clerkId of this.#toDelete.keys()) {
      this.#signal?.throwIfAborted()
      await this.#attempt(clerkId, 'deletedInClerk', async () => {
        // A deletion is final, so the user itself is fetched instead of trusting a list.
        if (await this.#look(clerkId)) return undefined
        await options.store.deleteFromClerk(clerkId, writeContext())
        return { clerkId, outcome: 'deleted' }
      })
    }
    return this.repaired.deletedInClerk ?? 0
  }

  async revive(clerkIds: Iterable<string>): Promise<void> {
    const { jobs, options, writeContext } = this.#context
    for (const clerkId of clerkIds) {
      this.#signal?.throwIfAborted()
      await this.#attempt(clerkId, 'deletedHere', async () => {
        const [stored] = await jobs.find([clerkId], writeContext())
        if (!stored) throw new ClerkSyncError('conflict', 'The store has no deleted user with this id.')
        // Already restored.
        if (!stored.isDeleted) return undefined
        if (!(await this.#look(clerkId))) throw missingInClerk()
        await jobs.revive(clerkId, writeContext())
        // An earlier deletion in Clerk found the user already deleted, and is not sent again.
        const user = await this.#look(clerkId)
        if (user) return (await jobs.upsertMany([user], writeContext()))[0]
        await options.store.deleteFromClerk(clerkId, writeContext())
        throw missingInClerk()
      })
    }
  }

  #look(clerkId: string): Promise<ClerkUserJSON | null> {
    return this.#context.api.getUser(clerkId, Date.now() + LOOK_MS)
  }

  /** Repairs one user; a failure does not stop the others. `undefined`: nothing to do. */
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

function missingInClerk(): ClerkSyncError {
  return new ClerkSyncError('conflict', 'Clerk does not have this user, so it stays deleted.')
}

function hostFailure(cause: unknown): ClerkSyncError {
  const message = 'mapUser, onDelete or middleware of your schema threw for this user. See the cause.'
  return new ClerkSyncError('schema_unfit', message, { cause })
}
