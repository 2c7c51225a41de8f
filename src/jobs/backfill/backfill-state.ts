import { type ClerkResourceJSON, isClerkId } from '../../events/events'
import type { JobLease } from '../../store/job-store'
import type { Position } from '../clerk/walk-clerk'
import type { ResourceOption } from '../run/job-resources'

/** Where a backfill stopped in one resource. */
export interface Saved {
  /** The last object processed. Absent if all were. */
  cursor?: Position
  /** Number of objects processed so far. */
  done: number
}

/** The position in each resource, as the lease keeps it for the next run. */
export class BackfillState {
  readonly #lease: JobLease | undefined
  #state: Readonly<Record<string, unknown>>

  /** @param lease Without one, as in a dry run, nothing is saved. */
  constructor(lease: JobLease | undefined) {
    this.#lease = lease
    this.#state = lease?.state ?? {}
  }

  /** The saved position; `undefined` if no earlier run stopped on the way. */
  of(name: ResourceOption): Saved | undefined {
    const saved = this.#state[name] as { cursor?: { id?: unknown; createdAt?: unknown }; done?: unknown } | undefined
    if (typeof saved?.done !== 'number') return undefined
    const { cursor, done } = saved
    if (!isClerkId(cursor?.id)) return cursor ? undefined : { done }
    const createdAt = typeof cursor?.createdAt === 'number' ? cursor.createdAt : undefined
    return { cursor: { id: cursor.id, createdAt, offset: Math.max(0, done - 1) }, done }
  }

  /** Saves a position. @param last `undefined` if all were processed. */
  async save(name: ResourceOption, last: ClerkResourceJSON | undefined, done: number): Promise<void> {
    const cursor = last && { id: last.id, createdAt: last.created_at ?? null }
    this.#state = { ...this.#state, [name]: { ...(cursor && { cursor }), done } }
    await this.extend()
  }

  /** Saves the same positions again, which extends the lease. */
  async extend(): Promise<void> {
    await this.#lease?.save({ ...this.#state })
  }

  /** Forgets the positions of resources that are over. @returns whether another one stopped on the way. */
  async end(names: readonly ResourceOption[]): Promise<boolean> {
    const others = Object.entries(this.#state).filter(([name]) => !names.some((one) => one === name))
    this.#state = Object.fromEntries(others)
    const isUnfinished = others.some(([name]) => this.of(name as ResourceOption)?.cursor !== undefined)
    if (isUnfinished) await this.extend()
    return isUnfinished
  }
}
