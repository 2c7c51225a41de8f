import { ClerkSyncError } from '../../errors'
import type { ResolvedClerkSyncOptions } from '../../resolved-options'
import type { SyncStatus } from '../status'

/** What the monitor needs of a `ClerkSync`: the object that `createClerkSync` returned. */
export interface Monitored {
  status(): Promise<SyncStatus>
}

/**
 * Under this name a `ClerkSync` returns its options, for the monitor, which is another entry of the package. A function, so
 * that printing a `ClerkSync` prints no secret.
 */
export const optionsOfSync: unique symbol = Symbol.for('clerk-mongo-sync.options') as never

/** Returns the options of a `ClerkSync`. @throws {ClerkSyncError} `invalid_option` for any other object. */
export function optionsOf(clerkSync: Monitored): ResolvedClerkSyncOptions {
  const read = (clerkSync as { [optionsOfSync]?: () => ResolvedClerkSyncOptions })[optionsOfSync]
  if (typeof read === 'function') return read()
  throw new ClerkSyncError(
    'invalid_option',
    'createClerkSyncMonitor was given an object that createClerkSync of this version has not returned. Pass the clerkSync itself, and install the package once.',
  )
}
