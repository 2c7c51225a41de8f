import { withDeadline } from './deadline'
import type { ResolvedClerkSyncOptions } from './resolved-options'
import type { StoreLocation } from './store'

export interface ConnectOptions {
  /** How long to wait for the connection, in milliseconds, whatever the app's own function waits. @default `timeoutMs` */
  timeoutMs?: number
}

/** `connect` of `ClerkSync`. */
export async function connectStore(
  { store, connect, timeoutMs: usual }: ResolvedClerkSyncOptions,
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
export function explained({ store }: Pick<ResolvedClerkSyncOptions, 'store'>, error: unknown): unknown {
  return store.explainError?.(error) ?? error
}
