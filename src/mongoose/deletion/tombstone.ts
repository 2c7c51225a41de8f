/** Pending hooks of a deletion, for one model. */
export interface PendingHooks {
  /** Marks of the deletion: its message or type, and `onDelete`. Finished ones move to `hooksDone`. */
  hooksDue?: string[]
  /** Marks of the removed document. */
  hooksKept?: string[]
  /** Marks of finished hooks, which another process may still be about to keep. */
  hooksDone?: string[]
  /** Set if documents are removed and there are hooks: marks of a document inserted after this do not count. */
  removed?: boolean
}

/** Proof that Clerk deleted an id. Clerk never reuses ids. */
export interface Tombstone {
  /** Clerk's id. */
  _id: string
  /** When the deletion occurred in Clerk, else when the first event about it arrived. */
  deletedAt: Date
  /** When the first event about it arrived. */
  receivedAt: Date
  /**
   * 2: pending hooks are stored under `models`. Absent if an earlier version stored them at the top level, for all
   * models.
   */
  format?: 2
  /** Pending hooks by model. A model that is missing has not processed the deletion. */
  models?: Record<string, PendingHooks>
  hooksDue?: string[]
  hooksDone?: string[]
  removed?: boolean
  /** Not stored: the deletion is that of a resource to which this one belongs. */
  isOfOwner?: true
}
