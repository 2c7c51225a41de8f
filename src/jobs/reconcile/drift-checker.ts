import type { ClerkResourceJSON } from '../../events/events'
import type { StoredDocument } from '../../store/job-store'
import { confirmGone, mayBeNew } from '../clerk/confirm-gone'
import { type Reference, referenceTo } from '../clerk/look-up-memberships'
import type { JobContext } from '../run/job-context'
import type { DriftTally } from './drift-tally'
import type { Drifted } from './reconcile-report'
import type { Repairs } from './repairs'

/** Decides about objects with a fresh read, counts them, and has them repaired if requested. */
export class DriftChecker {
  readonly #context: JobContext
  readonly #tally: DriftTally
  readonly #repairs: Repairs | undefined
  readonly #signal: AbortSignal | undefined
  readonly #onDrift: (clerkId: string) => void
  /** Documents that may be too new for all of Clerk's replicas. */
  readonly #new: Reference[] = []
  /** Ids that were found to differ, if the walk through Clerk's list can return them again. */
  readonly #drifted = new Set<string>()
  /** Ids that this run has confirmed as gone. */
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

  /** Compares what Clerk listed with what is stored now. */
  async listed(page: readonly ClerkResourceJSON[]): Promise<void> {
    if (page.length === 0) return
    const { jobs, writeContext } = this.#context
    const rules = writeContext()
    const stored = await this.#find(page.map(({ id }) => id))
    const ended = await this.#endedWithOwner(page.filter(({ id }) => !stored.has(id)))
    const deletedHere: Reference[] = []
    const drifted: Drifted[] = []
    for (const json of page) {
      const document = stored.get(json.id)
      const kind = ended.has(json.id) ? 'deletedHere' : jobs.compare(json, document, rules)
      if (kind !== 'missing') this.#tally.onBothSides += 1
      if (document?.endedBy) this.#countToDelete(document)
      else if (kind === 'same') this.#tally.addInStep()
      else if (kind === 'deletedHere') deletedHere.push(document ?? referenceTo(json))
      else drifted.push({ json, kind })
    }
    await this.#checkDeletedHere(deletedHere)
    for (const { json, kind } of drifted) this.#count(kind, json.id)
    await this.#repairs?.write(drifted)
  }

  /** Checks whether what Clerk does not have is alive in the store. @returns ids that are not stored either. */
  async gone(references: readonly Reference[]): Promise<string[]> {
    const clerkIds = references.map(({ clerkId }) => clerkId)
    const stored = await this.#find(clerkIds)
    for (const document of stored.values()) {
      const { clerkId, isDeleted, isUnfinished } = document
      if (isDeleted && !isUnfinished) this.#tally.addInStep()
      else if (document.endedBy) this.#countToDelete(document)
      else if (!isDeleted && !this.#confirmedGone.has(clerkId) && mayBeNew(document)) this.#new.push(document)
      else {
        // A refused deletion is recorded with its date, and does not make the document new.
        this.#confirmedGone.add(clerkId)
        this.#countToDelete(document)
      }
    }
    return clerkIds.filter((id) => !stored.has(id))
  }

  /** Decides about postponed documents, after all others. */
  async finish(): Promise<void> {
    const { found, gone } = await confirmGone(this.#context.source, this.#new.splice(0), this.#signal)
    await this.listed(found)
    for (const { clerkId } of gone) this.#confirmedGone.add(clerkId)
    await this.gone(gone)
  }

  /** Looks up these ids on both sides. */
  async ids(clerkIds: readonly string[]): Promise<void> {
    const stored = await this.#find(clerkIds)
    const references = clerkIds.map((clerkId) => stored.get(clerkId) ?? { clerkId })
    for await (const { found, gone } of this.#context.source.lookUp(references, this.#signal)) {
      await this.listed(found)
      this.#tally.unknown.push(...(await this.gone(gone)))
    }
  }

  /**
   * Checks documents that Clerk's list did not contain. Decides only those that Clerk, queried for them, does not have,
   * and those whose user or organization is deleted in the store, which need no query.
   */
  async unlisted(documents: readonly StoredDocument[]): Promise<void> {
    const stored = await this.#find(documents.filter(({ endedBy }) => endedBy).map(({ clerkId }) => clerkId))
    const ended = [...stored.values()].filter(({ endedBy }) => endedBy)
    for (const document of ended) this.#countToDelete(document)
    const counted = new Set(ended.map(({ clerkId }) => clerkId))
    const others = documents.filter(({ clerkId }) => !counted.has(clerkId))
    for await (const { gone } of this.#context.source.lookUp(others, this.#signal)) await this.gone(gone)
  }

  /**
   * Checks documents whose deletion may not match `onDelete`. The store rules most of them out without a request to Clerk.
   */
  async unfinished(references: readonly Reference[]): Promise<void> {
    const stored = await this.#find(references.map(({ clerkId }) => clerkId))
    await this.unlisted([...stored.values()].filter(({ isUnfinished }) => isUnfinished))
  }

  /** Of a repeated pass through Clerk's list, returns what is not in step and was not counted before. */
  async notCounted(page: readonly ClerkResourceJSON[]): Promise<ClerkResourceJSON[]> {
    const { jobs, writeContext } = this.#context
    const rules = writeContext()
    const stored = await this.#find(page.map(({ id }) => id))
    return page.filter(
      (json) => !this.#drifted.has(json.id) && jobs.compare(json, stored.get(json.id), rules) !== 'same',
    )
  }

  /** Ids of memberships whose user or organization is deleted in the store, which stores no others of them. */
  async #endedWithOwner(missing: readonly ClerkResourceJSON[]): Promise<Set<string>> {
    const owners = missing.map((json) => [json.id, Object.values(referenceTo(json).pair ?? {})] as const)
    const deleted = await this.#find([...new Set(owners.flatMap(([, ids]) => ids))])
    return new Set(owners.filter(([, ids]) => ids.some((id) => deleted.has(id))).map(([id]) => id))
  }

  /** They may have been deleted in Clerk after the list was read. */
  async #checkDeletedHere(references: readonly Reference[]): Promise<void> {
    for await (const { found, gone } of this.#context.source.lookUp(references, this.#signal)) {
      for (const { id } of found) this.#count('deletedHere', id)
      for (const _ of gone) this.#tally.addInStep()
    }
  }

  #countToDelete(document: StoredDocument): void {
    this.#count('deletedInClerk', document.clerkId)
    this.#repairs?.deleteLater(document)
  }

  #count(kind: Drifted['kind'] | 'deletedInClerk' | 'deletedHere', clerkId: string): void {
    this.#tally.addDrift(kind, clerkId)
    if (this.#context.source.mayRepeat) this.#drifted.add(clerkId)
    this.#onDrift(clerkId)
  }

  async #find(clerkIds: readonly string[]): Promise<Map<string, StoredDocument>> {
    if (clerkIds.length === 0) return new Map()
    const found = await this.#context.jobs.find(clerkIds, this.#context.writeContext())
    return new Map(found.map((stored) => [stored.clerkId, stored]))
  }
}
