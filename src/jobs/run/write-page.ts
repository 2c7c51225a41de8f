import { isClerkSyncError } from '../../errors'
import type { ClerkResourceJSON } from '../../events/events'
import type { BulkResult } from '../../store/job-store'
import { sleep } from '../../time/sleep'
import type { JobContext } from './job-context'

const RETRIES = 5

/**
 * Stores a page just fetched from Clerk. If the database is unavailable, for example during an election, retries for
 * about ten seconds in addition to its own timeouts.
 */
export async function writePage(
  { jobs, writeContext, options }: JobContext,
  page: readonly ClerkResourceJSON[],
  signal: AbortSignal | undefined,
): Promise<BulkResult[]> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await jobs.upsertMany(page, writeContext())
    } catch (error) {
      if (attempt >= RETRIES || !isTemporary(error)) throw error
      options.logger.warn({ attempt, documents: page.length }, 'the database refused a page; retrying')
      await sleep((1 + Math.random()) * 250 * 2 ** attempt, signal)
    }
  }
}

function isTemporary(error: unknown): boolean {
  return !isClerkSyncError(error) || ['database_failed', 'timed_out', 'contention'].includes(error.code)
}
