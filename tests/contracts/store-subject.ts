import type { ClerkStore, WriteContext } from 'clerk-mongo-sync'

/** The parts of a stored user that the suite reads. */
export interface StoredDocument {
  clerkUpdatedAt: Date
  clerkDeletedAt?: Date | null
  email?: string | null
}

export interface StoreUnderTest {
  store: ClerkStore
  /** The user as it is stored, soft-deleted ones included. */
  read(clerkId: string): Promise<StoredDocument | null>
}

/** A new, empty store for each test. */
export type MakeStore = () => Promise<StoreUnderTest>

/** A context as a delivery has it. */
export const delivered = (context: WriteContext = {}): WriteContext => ({
  messageId: `msg_${crypto.randomUUID()}`,
  ...context,
})
