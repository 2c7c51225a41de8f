import { docsOf } from '../../errors'
import type { JobContext } from './job-context'

/**
 * Saves what a run found, for `status()`. A failure is logged and does not fail the run, because a comparison may have a
 * database user that can only read.
 */
export async function saveResult(
  { home, writeContext, options }: JobContext,
  job: 'backfill' | 'reconcile',
  result: object,
): Promise<void> {
  try {
    await home.saveResult(job, { ...result }, writeContext())
  } catch {
    options.logger.warn(
      { job, docs: docsOf('database_failed') },
      'the result of the run could not be saved for status()',
    )
  }
}
