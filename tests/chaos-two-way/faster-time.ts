import { pathToFileURL } from 'node:url'
import { bundle } from '../chaos/bundle'
import { type Edit, edited } from '../chaos/edited'
import { moreTogether } from '../chaos/import-library'
import type * as Library from './library'

export type LibraryExports = typeof Library

/**
 * Time runs ten times faster, in the library and in the rate limits of the fake Clerk. Nothing
 * else of the library is changed. Retry-After is unchanged, as it counts whole seconds.
 */
export const fasterTime: readonly Edit[] = [
  { file: 'jobs/push/push-round.ts', text: 'LEASE_MS = 60_000', instead: 'LEASE_MS = 6_000' },
  { file: 'jobs/push/push-round.ts', text: 'PAUSE_PER_USER_MS = 2_500', instead: 'PAUSE_PER_USER_MS = 250' },
  { file: 'jobs/push/push-round.ts', text: 'GRACE_MS = 5_000', instead: 'GRACE_MS = 500' },
  { file: 'jobs/push/push-round.ts', text: 'MIN_CALL_MS = 5_000', instead: 'MIN_CALL_MS = 500' },
  { file: 'jobs/push/failed-push.ts', text: '10_000 * 2 ** attempts', instead: '1_000 * 2 ** attempts' },
  { file: 'jobs/push/start-push-worker.ts', text: 'sleep(1_000 + ', instead: 'sleep(100 + ' },
  { file: 'jobs/clerk/confirm-gone.ts', text: '[500, 1_500, 3_000]', instead: '[50, 150, 300]' },
  { file: 'jobs/run/hold-lease.ts', text: 'TTL_MS = 60_000', instead: 'TTL_MS = 6_000' },
  { file: 'time/back-off.ts', text: 'Math.min(30_000, 500 * 2', instead: 'Math.min(3_000, 50 * 2' },
  { file: 'clerk-api/lists.ts', text: 'timeoutMs: 30_000', instead: 'timeoutMs: 3_000' },
  { file: 'clerk-api/request.ts', text: 'timeoutMs = 5_000', instead: 'timeoutMs = 1_000' },
]
/** Window of the rate limits, in milliseconds; ten seconds at Clerk. */
export const WINDOW_MS = 1_000

/** Bundles a file of this folder with the library, with faster time. @returns the path of the bundle. */
export function bundleEdited(entry: string, edits: readonly Edit[] = []): Promise<string> {
  return bundle(`../chaos-two-way/${entry}`, [edited([...moreTogether, ...fasterTime, ...edits])])
}

export async function importEdited(edits: readonly Edit[] = []): Promise<LibraryExports> {
  return (await import(pathToFileURL(await bundleEdited('library', edits)).href)) as LibraryExports
}
