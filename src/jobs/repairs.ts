import { ClerkSyncError, isClerkSyncError } from '../errors'
import type { ClerkUserJSON } from '../events'
import type { BulkResult } from '../job-store'
import type { JobFailure } from './backfill'
import { failureOf } from './backfill-tally'
import type { DriftTally } from './drift-tally'
import type { JobContext } from './job-context'
import type { DriftKind } from './reconcile'
import { writePage } from './write-page'

/** A user as Clerk has it, and how what is stored differs. */
export interface Drifted {
  user: ClerkUserJSON
  kind: 'missing' | 'stale' | 'changed'
}

const MAX_FAILURES = 100
/** So many deletions of users and not one user in common: that looks like the key of another instance. */
const SUSPICIOUS_DELETIONS = 10

/** Mends what a comparison found, all by the guarded write. */
export class Repairs {
  readonly repaired: Partial<Record<DriftKind, number>> = {}
  readonly failures: JobFailure[] = []
  readonly #context: JobContext
  readonly #signal: AbortSignal | undefined
  readonly #toDelete: string[] = []

  constructor(context: JobContext, signal: AbortSignal | undefined) {
    this.#context = context
    this.#signal = signal
  }

  async write(drifted: readonly Drifted[]): Promise<void> {
    if (drifted.length === 0) return
    const kinds = new Map(drifted.map(({ user, kind }) => [user.id, kind]))
    const users = drifted.map(({ user }) => user)
    const results = await writePage(this.#context, users, this.#signal)
    for (const result of results) this.#note(kinds.get(result.clerkId) ?? 'stale', result)
  }

  /** Deletions wait for the end of the comparison, when it is known whether the two sides have to do with each other. */
  deleteLater(clerkId: string): void {
    this.#toDelete.push(clerkId)
  }

  /** @throws {ClerkSyncError} `clerk_instance_mismatch` where these deletions would be a mistake. */
  async delete(tally: DriftTally): Promise<void> {
    const { api, options, writeContext } = this.#context
    if (this.#toDelete.length > SUSPICIOUS_DELETIONS && tally.met === 0 && options.instanceId === undefined) {
      throw new ClerkSyncError(
        'clerk_instance_mismatch',
        `None of the users stored here is known to Clerk, so ${this.#toDelete.length} would be deleted: is CLERK_SECRET_KEY the key of ` +
          'another instance? If this is meant, give createClerkSync the instanceId (ins_…) they belong to.',
      )
    }
    for (const clerkId of this.#toDelete) {
      this.#signal?.throwIfAborted()
      await this.#attempt(clerkId, 'deletedInClerk', async () => {
        // A deletion is final, so the last word is that of the user's own address, not of a list.
        if ((await api.getUser(clerkId)) === null) await options.store.deleteFromClerk(clerkId, writeContext())
        return undefined
      })
    }
  }

  async revive(clerkIds: Iterable<string>): Promise<void> {
    const { api, jobs, writeContext } = this.#context
    for (const clerkId of clerkIds) {
      this.#signal?.throwIfAborted()
      await this.#attempt(clerkId, 'deletedHere', async () => {
        const user = await api.getUser(clerkId)
        if (!user) throw new ClerkSyncError('conflict', 'Clerk has no such user, so it stays deleted here.')
        await jobs.revive(clerkId, writeContext())
        const [result] = await jobs.upsertMany([user], writeContext())
        return result
      })
    }
  }

  /** One user that fails keeps no other from being mended. */
  async #attempt(clerkId: string, kind: DriftKind, work: () => Promise<BulkResult | undefined>): Promise<void> {
    try {
      this.#note(kind, (await work()) ?? { clerkId })
    } catch (error) {
      if (!isClerkSyncError(error)) throw error
      this.#note(kind, { clerkId, error })
    }
  }

  #note(kind: DriftKind, result: BulkResult): void {
    const failure = failureOf(result)
    if (!failure) this.repaired[kind] = (this.repaired[kind] ?? 0) + 1
    else if (this.failures.length < MAX_FAILURES) this.failures.push(failure)
  }
}
