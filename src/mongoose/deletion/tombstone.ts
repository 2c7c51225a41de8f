/** What a deletion owes to one model. */
export interface Owed {
  /** Marks of the deletion itself: its message or its type, and `onDelete`. What is taken away stands in `hooksDone`. */
  hooksDue?: string[]
  /** Marks of the removed document. */
  hooksKept?: string[]
  /** Marks of what has finished, whoever may still be about to keep them. */
  hooksDone?: string[]
  /** Where documents are removed and there are hooks: what owes one after this was inserted too late to count. */
  removed?: boolean
}

/** Proof that Clerk deleted an id, which it never gives again. */
export interface Tombstone {
  /** Clerk's id. */
  _id: string
  /** When the deletion occurred at Clerk; when we were told, where it did not say. */
  deletedAt: Date
  /** When we were told first. */
  receivedAt: Date
  /** 2: what is owed stands under `models`. Absent where an earlier version wrote it at the top, for all models alike. */
  format?: 2
  /** What the deletion owes, by model. A model that is not named has not heard of it. */
  models?: Record<string, Owed>
  hooksDue?: string[]
  hooksDone?: string[]
  removed?: boolean
}
