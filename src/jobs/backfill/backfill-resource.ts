import type { ClerkResourceJSON } from '../../events/events'
import type { StoredDocument } from '../../store/job-store'
import { readAhead } from '../clerk/read-ahead'
import { PAGE_SIZE } from '../clerk/walk-clerk'
import type { JobContext } from '../run/job-context'
import { ProgressRate } from '../run/progress-rate'
import { writePage } from '../run/write-page'
import type { BackfillOptions } from './backfill-report'
import type { BackfillState } from './backfill-state'
import type { BackfillTally } from './backfill-tally'

/** What the backfill of one resource works with. */
interface ResourceRun {
  options: BackfillOptions
  tally: BackfillTally
  state: BackfillState
  /** How many may be processed. */
  limit: number
}

/** Stores all objects of one resource. @returns whether all were processed. */
export async function backfillResource(context: JobContext, run: ResourceRun): Promise<boolean> {
  const { options, tally, state, limit } = run
  const { since, signal, onProgress } = options
  const start = since || options.restart ? undefined : state.of(context.name)
  // An earlier run processed all of them, and stopped in a later resource.
  if (start && !start.cursor) return true
  if (limit < 1) return false
  const before = start?.done ?? 0
  const counted = since ? undefined : await context.source.count(signal && { signal })
  const total = counted === undefined ? undefined : Math.min(counted, before + limit)
  const rate = new ProgressRate()
  const { source } = context
  const notProcessed = (items: ClerkResourceJSON[]) => notInStep(context, run, items)
  const pages = (until: AbortSignal) =>
    since
      ? source.walkChanged({ since: since.getTime(), signal: until })
      : source.walk({ from: start?.cursor, pageSize: Math.min(PAGE_SIZE, limit), signal: until, notProcessed })
  for await (const whole of readAhead(pages, signal)) {
    const page = whole.slice(0, limit - tally.counts.seen)
    await processPage(context, page, options, tally)
    const done = before + tally.counts.seen
    if (since) await state.extend()
    else await state.save(context.name, page.at(-1), done)
    const left = total === undefined ? undefined : total - done
    onProgress?.({ resource: context.name, ...tally.counts, total, done, ...rate.at(tally.counts.seen, left) })
    if (signal?.aborted || tally.counts.seen >= limit) return false
  }
  if (!since) await state.save(context.name, undefined, before + tally.counts.seen)
  return true
}

async function processPage(
  context: JobContext,
  page: readonly ClerkResourceJSON[],
  { dryRun, signal }: BackfillOptions,
  tally: BackfillTally,
): Promise<void> {
  if (!dryRun) return tally.add(await writePage(context, page, signal))
  for (const [json, stored] of await storedFor(context, page))
    tally.addComparison(context.jobs.compare(json, stored, context.writeContext()))
}

/** Of the objects of a repeated pass, returns those that the first pass did not process. */
async function notInStep(
  context: JobContext,
  { options, tally }: ResourceRun,
  items: readonly ClerkResourceJSON[],
): Promise<ClerkResourceJSON[]> {
  // A dry run stores nothing by which the others could be recognised.
  if (options.dryRun) return []
  const rules = context.writeContext()
  const others = items.filter(({ id }) => !tally.hasFailed(id))
  return (await storedFor(context, others))
    .filter(([json, stored]) => !['same', 'deletedHere'].includes(context.jobs.compare(json, stored, rules)))
    .map(([json]) => json)
}

async function storedFor(
  { jobs, writeContext }: JobContext,
  page: readonly ClerkResourceJSON[],
): Promise<[ClerkResourceJSON, StoredDocument | undefined][]> {
  const found = await jobs.find(
    page.map(({ id }) => id),
    writeContext(),
  )
  const stored = new Map(found.map((one) => [one.clerkId, one]))
  return page.map((json) => [json, stored.get(json.id)])
}
