import fc from 'fast-check'
import { describePlot, type Plot, plots } from './plot'
import { runHistory } from './run-history'
import { type ShapeName, shapeNames } from './shape'
import { type Modes, mishapKinds, type OpenWorld } from './world'

export interface CheckOptions extends Modes {
  histories: number
  seed: number
  /** Index of the first history of the seed. @default 0 */
  from?: number
  /** Number of diverged histories after which no more start. @default 1 */
  bail?: number
  onHistory?: (done: number) => void
  /** Models of users that the histories take in turn. @default all */
  models?: readonly ShapeName[]
  /** The histories, instead of those drawn from the seed. */
  plots?: readonly Plot[] | undefined
}

/** Runs one history per lane at a time. Resolves to a report for each history that diverged. */
export async function check(world: OpenWorld, options: CheckOptions): Promise<string[]> {
  const { histories, seed, from = 0, bail = 1, onHistory, models = shapeNames, ...modes } = options
  const drawn = options.plots ?? fc.sample(plots(mishapKinds(modes)), { seed, numRuns: from + histories })
  const failures: string[] = []
  let next = from
  const flags = [modes.faults ? ' --faults' : '', modes.processes ? ' --processes' : ''].join('')
  const work = async (lane: OpenWorld['lanes'][number]) => {
    for (let plot = drawn[next]; plot && failures.length < bail; plot = drawn[next]) {
      const path = next++
      const model = models[path % models.length] ?? 'plain'
      const wrong = await runHistory(world, lane, plot, model).catch((error: unknown) => [describeCrash(error)])
      onHistory?.(world.figures.histories)
      if (wrong.length === 0) continue
      const replay = `Replay: npm run chaos:two-way -- --seed ${seed} --path ${path} --histories 1 --model ${model}${flags}`
      failures.push([wrong.join('\n'), describePlot(plot), ...(options.plots ? [] : [replay])].join('\n\n'))
    }
  }
  await Promise.all(world.lanes.map(work))
  const crashes = world.lanes.flatMap(({ workers }) => workers.flatMap((worker) => worker.crashes))
  if (crashes.length > 0)
    failures.push(`${crashes.length} workers exited unexpectedly, with codes ${crashes.join(', ')}`)
  return failures
}

const describeCrash = (error: unknown) =>
  `the history failed to run: ${error instanceof Error ? error.stack : String(error)}`
