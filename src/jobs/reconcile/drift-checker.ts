import type { ClerkUserJSON } from '../../events/events'
import type { StoredDocument } from '../../store/job-store'
import { lookUp } from '../clerk/clerk-look-up'
import { confirmGone, mayBeNew } from '../clerk/confirm-gone'
import type { JobContext } from '../run/job-context'
import type { DriftTally } from './drift-tally'
import type { Drifted } from './reconcile-report'
import type { Repairs } from './repairs'

/** Decides about users with a fresh read, counts them, and has them repaired if requested. */
export class DriftChecker {
  readonly #context: JobContext
  readonly #tally: DriftTally
  readonly #repairs: Repairs | undefined
  readonly #signal: AbortSignal | undefined
  readonly #onDrift: (clerkId: string) => void
  /** Stored users that may be too new for all of Clerk's replicas. */
  readonly #new: string[] = []
  /** Users that this run has confirmed as gone. */
  readonly #confirmedGone: Set<string>

  constructor(
    context: JobContext,
    tally: DriftTally,
    given: {
      repairs?: Repairs | undefined
      signal?: AbortSignal | undefined
      onDrift?: (clerkId: string) => void
      confirmedGone?: Set<string>
    },
  ) {
    this.#context = context
    this.#tally = tally
    this.#repairs = given.repairs
    this.#signal = given.signal
    this.#confirmedGone = given.confirmedGone ?? new Set()
    this.#onDrift = given.onDrift ?? (() => {})
  }

  /** Compares users listed by Clerk with what is stored now. */
  async users(users: readonly ClerkUserJSON[]): Promise<void> {
    if (users.length === 0) return
    const { jobs, writeContext } = this.#context
    const rules = writeContext()
    const stored = await this.#find(users.map(({ id }) => id))
    const deletedHere: string[] = []
    const drifted: Drifted[] = []
    for (const user of users) {
      const kind = jobs.compare(user, stored.get(user.id), rules)
      if (kind !== 'missing') this.#tally.onBothSides += 1
      if (kind === 'same') this.#tally.addInStep()
      else if (kind === 'deletedHere') deletedHere.push(user.id)
      else drifted.push({ user, kind })
    }
    await this.#checkDeletedHere(deletedHere)
    for (const { user, kind } of drifted) this.#count(kind, user.id)
    await this.#repairs?.write(drifted)
  }

  /** Checks whether ids that Clerk does not have are alive in the store. @returns those that are not stored either. */
  async gone(clerkIds: readonly string[]): Promise<string[]> {
    const stored = await this.#find(clerkIds)
    for (const user of stored.values()) {
      const { clerkId, isDeleted, isUnfinished } = user
      if (isDeleted && !isUnfinished) this.#tally.addInStep()
      else if (!isDeleted && !this.#confirmedGone.has(clerkId) && mayBeNew(user)) this.#new.push(clerkId)
      else {
        // A refused deletion is recorded with its date, and does not make the user new.
        this.#confirmedGone.add(clerkId)
        this.#count('deletedInClerk', clerkId)
        this.#repairs?.deleteLater(clerkId, isDeleted)
      }
    }
    return clerkIds.filter((id) => !stored.has(id))
  }

  /** Decides about postponed users, after all others. */
  async finish(): Promise<void> {
    const { found, gone } = await confirmGone(this.#context.api, this.#new.splice(0), this.#signal)
    await this.users(found)
    for (const id of gone) this.#confirmedGone.add(id)
    await this.gone(gone)
  }

  /** Looks up these ids on both sides. */
  async ids(clerkIds: readonly string[]): Promise<void> {
    const { api } = this.#context
    for await (const { found, gone } of lookUp(api, clerkIds, this.#signal)) {
      await this.users(found)
      this.#tally.unknown.push(...(await this.gone(gone)))
    }
  }

  /**
   * Checks stored ids that Clerk's list did not contain. Decides only those that Clerk, queried by id, does not have.
   */
  async unlisted(clerkIds: readonly string[]): Promise<void> {
    for await (const { gone } of lookUp(this.#context.api, clerkIds, this.#signal)) await this.gone(gone)
  }

  /**
   * Checks users whose deletion may not match `onDelete`. The store rules most of them out without a request to Clerk.
   */
  async unfinished(clerkIds: readonly string[]): Promise<void> {
    const stored = await this.#find(clerkIds)
    await this.unlisted(clerkIds.filter((id) => stored.get(id)?.isUnfinished))
  }

  /** The users may have been deleted in Clerk after the list was read. */
  async #checkDeletedHere(clerkIds: readonly string[]): Promise<void> {
    for await (const { found, gone } of lookUp(this.#context.api, clerkIds, this.#signal)) {
      for (const { id } of found) this.#count('deletedHere', id)
      for (const _ of gone) this.#tally.addInStep()
    }
  }

  #count(kind: Drifted['kind'] | 'deletedInClerk' | 'deletedHere', clerkId: string): void {
    this.#tally.addDrift(kind, clerkId)
    this.#onDrift(clerkId)
  }

  async #find(clerkIds: readonly string[]): Promise<Map<string, StoredDocument>> {
    if (clerkIds.length === 0) return new Map()
    const found = await this.#context.jobs.find(clerkIds, this.#context.writeContext())
    return new Map(found.map((stored) => [stored.clerkId, stored]))
  }
}
