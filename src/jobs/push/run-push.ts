import { sleep } from '../../time/sleep'
import { DifferenceTally, findDifferences } from './find-differences'
import type { PushContext } from './push-context'
import type { PushResult, PushRunOptions } from './push-report'
import { PushRound } from './push-round'

/** Pushes due users, oldest change first. Several processes can push at once. */
export async function runPush(context: PushContext, options: PushRunOptions): Promise<PushResult> {
  const { store, writeContext } = context
  const round = new PushRound(context, options)
  try {
    const due = options.compare ? 0 : await store.countDue(writeContext())
    round.progress.total = Math.min(round.left, due)
    const differences = new DifferenceTally()
    const found = options.compare ? await markDifferent(context, options, round, differences) : 0
    if (!options.dryRun) await pushAll(round)
    const pending = await store.countDue(writeContext())
    const { failures, causes } = round.failed
    return { ...round.progress, pending, found, differences: differences.report(), failures, causes }
  } finally {
    round.close()
  }
}

/** Also waits for users that were pushed just before and changed again. */
async function pushAll(round: PushRound): Promise<void> {
  await round.run()
  while (round.throttledUntil.length > 0 && !round.isOver) {
    const until = Math.min(...round.throttledUntil)
    if (until >= round.end) return
    await sleep(until - Date.now(), round.signal).catch(() => {})
    await round.run()
  }
}

async function markDifferent(
  context: PushContext,
  { dryRun = false }: PushRunOptions,
  round: PushRound,
  differences: DifferenceTally,
): Promise<number> {
  const { store, api, writeContext } = context
  let found = 0
  try {
    round.progress.total = (await api.countUsers({ signal: round.signal })) ?? 0
    for await (const { clerkId, changes, isGivenUp } of findDifferences(context, round.signal)) {
      if (round.isOver) break
      round.progress.compared++
      round.progress.total = Math.max(round.progress.total, round.progress.compared)
      differences.add(clerkId, changes)
      const isFound = isGivenUp || changes.length > 0
      if (isFound) found++
      if (isFound && !dryRun) await store.markDue(clerkId, writeContext())
      round.reportProgress()
    }
  } catch (error) {
    if (!round.signal.aborted) throw error
  }
  return found
}
