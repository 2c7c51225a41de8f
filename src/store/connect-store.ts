import { withDeadline } from '../time/deadline'
import type { ClerkStore } from './clerk-store'
import type { StoreLocation } from './write'

export interface ConnectOptions {
  /** How long to wait for the connection, in milliseconds, whatever the app's own function waits. @default `timeoutMs` */
  timeoutMs?: number
}

/** A store, and how the app connects to its database. */
interface Connectable {
  store: ClerkStore
  connect: () => unknown
  /** In milliseconds. */
  timeoutMs: number
}

/** `connect` of `ClerkSync`. */
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

/** An error with what the store knows of its database. */
export function explained({ store }: Pick<Connectable, 'store'>, error: unknown): unknown {
  return store.explainError?.(error) ?? error
}
