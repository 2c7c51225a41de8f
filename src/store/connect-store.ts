import { withDeadline } from '../time/deadline'
import type { ClerkStore } from './clerk-store'
import type { StoreLocation } from './write'

/** Options of `connect()`. */
export interface ConnectOptions {
  /** How long to wait for the connection, in milliseconds, regardless of the app's own timeout. @default `timeoutMs` */
  timeoutMs?: number
}

/** A store, and the function that connects its database. */
interface Connectable {
  store: ClerkStore
  connect: () => unknown
  /** In milliseconds. */
  timeoutMs: number
}

/** Implements `ClerkSync.connect`. */
export async function connectStore(
  { store, connect, timeoutMs: usual }: Connectable,
  { timeoutMs = usual }: ConnectOptions = {},
): Promise<StoreLocation | undefined> {
  const open = async () => {
    await connect()
    return store.location?.()
  }
  try {
    return await withDeadline(Date.now() + timeoutMs, open())
  } catch (error) {
    throw explained({ store }, error)
  }
}

/** Implements `ClerkSync.ping`. */
export async function pingStore(
  { store, connect, timeoutMs: usual }: Connectable,
  { timeoutMs = usual }: ConnectOptions = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  const ask = async () => {
    await connect()
    await store.ping?.({ deadline })
  }
  try {
    await withDeadline(deadline, ask())
  } catch (error) {
    throw explained({ store }, error)
  }
}

/** Adds the store's details about its database to an error. */
export function explained({ store }: Pick<Connectable, 'store'>, error: unknown): unknown {
  return store.explainError?.(error) ?? error
}
