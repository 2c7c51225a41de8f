import { sleep } from '../../time/sleep'
import { optionOf } from '../run/job-resources'
import { DifferenceTally, findDifferences } from './find-differences'
import type { PushContext } from './push-context'
import type { PushResult, PushRunOptions } from './push-report'
import { PushRound } from './push-round'

/** Pushes what is due of each resource, oldest change first. Several processes can push at once. */
export async function runPush(contexts: readonly PushContext[], options: PushRunOptions): Promise<PushResult> {
  const round = new PushRound(contexts, options)
  try {
    if (!options.compare) round.progress.all.total = Math.min(round.left, sum(await countDue(contexts)))
    const differences = new DifferenceTally()
    let found = 0
    if (options.compare) {
      await countCompared(contexts, round)
      for (const context of contexts) found += await markDifferent(context, options, round, differences)
    }
    if (!options.dryRun) await pushAll(round)
    const due = await countDue(contexts)
    const { failures, causes } = round.failed
    return {
      ...round.progress.all,
      pending: sum(due),
      found,
      resources: Object.fromEntries(
        contexts.map((context, index) => {
          return [optionOf[context.resource.name], { ...round.progress.of(context), pending: due[index] ?? 0 }]
        }),
      ),
      differences: differences.report(),
      failures,
      causes,
    }
  } finally {
    round.close()
  }
}

const countDue = (contexts: readonly PushContext[]): Promise<number[]> =>
  Promise.all(contexts.map(({ store, writeContext }) => store.countDue(writeContext())))

const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0)

/** Also waits for what was pushed just before and changed again. */
async function pushAll(round: PushRound): Promise<void> {
  await round.run()
  while (round.throttledUntil.length > 0 && !round.isOver) {
    const until = Math.min(...round.throttledUntil)
    if (until >= round.end) return
    await sleep(until - Date.now(), round.signal).catch(() => {})
    await round.run()
  }
}

async function countCompared(
  contexts: readonly PushContext[],
  { progress: { all }, signal }: PushRound,
): Promise<void> {
  try {
    for (const { source } of contexts) all.total += (await source.count({ signal })) ?? 0
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function markDifferent(
  context: PushContext,
  { dryRun = false }: PushRunOptions,
  round: PushRound,
  differences: DifferenceTally,
): Promise<number> {
  const { store, resource, writeContext } = context
  const { all } = round.progress
  let found = 0
  try {
    for await (const difference of findDifferences(context, round.signal)) {
      if (round.isOver) break
      all.compared++
      all.total = Math.max(all.total, all.compared)
      differences.add(resource.name, difference)
      const isFound = difference.isGivenUp || difference.changes.length > 0
      if (isFound) found++
      if (isFound && !dryRun) await store.markDue(difference.clerkId, writeContext())
      round.reportProgress()
    }
  } catch (error) {
    if (!round.signal.aborted) throw error
  }
  return found
}
