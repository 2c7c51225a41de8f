import type { DriftKind, DriftReport } from './reconcile-report'

const MAX_EXAMPLES = 10

/** Counts the documents of a comparison. */
export class DriftTally {
  checked = 0
  inStep = 0
  /** Those on both sides, in step or not. */
  onBothSides = 0
  /** Requested ids found on neither side. */
  readonly unknown: string[] = []
  readonly #drift: Record<DriftKind, number> = {
    missing: 0,
    stale: 0,
    changed: 0,
    deletedInClerk: 0,
    deletedHere: 0,
    duplicate: 0,
  }
  readonly #examples: Record<DriftKind, string[]> = {
    missing: [],
    stale: [],
    changed: [],
    deletedInClerk: [],
    deletedHere: [],
    duplicate: [],
  }

  addInStep(): void {
    this.checked += 1
    this.inStep += 1
  }

  addDrift(kind: Exclude<DriftKind, 'duplicate'>, clerkId: string): void {
    this.checked += 1
    this.#note(kind, [clerkId])
  }

  /** Adds a group of documents, whose members are also counted by their own state. */
  addDuplicate(clerkIds: readonly string[]): void {
    this.#note('duplicate', clerkIds)
  }

  get drift(): number {
    return Object.values(this.#drift).reduce((sum, count) => sum + count, 0)
  }

  /** Whether `apply` can repair anything that was found. */
  get hasRepairable(): boolean {
    const { missing, stale, changed, deletedInClerk } = this.#drift
    return missing + stale + changed + deletedInClerk > 0
  }

  report(): DriftReport {
    const { checked, inStep } = this
    return { checked, inStep, drift: { ...this.#drift }, examples: structuredClone(this.#examples) }
  }

  #note(kind: DriftKind, clerkIds: readonly string[]): void {
    this.#drift[kind] += 1
    const room = MAX_EXAMPLES - this.#examples[kind].length
    this.#examples[kind].push(...clerkIds.slice(0, room))
  }
}
