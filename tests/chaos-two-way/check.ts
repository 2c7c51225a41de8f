import fc from 'fast-check'
import { describePlot, plots } from './plot'
import { runHistory } from './run-history'
import { type ShapeName, shapeNames } from './shape'
import { type Modes, mishapKinds, type OpenWorld } from './world'

export interface CheckOptions extends Modes {
  histories: number
  seed: number
  /** Which of the seed's histories to begin with. @default 0 */
  from?: number
  /** How many may diverge before no more are begun. @default 1 */
  bail?: number
  onHistory?: (done: number) => void
  /** How the app models users, in turn. @default all */
  models?: readonly ShapeName[]
}

/** Runs histories, as many at once as there are lanes. Resolves to what is to be said of those that diverged. */
export async function check(world: OpenWorld, options: CheckOptions): Promise<string[]> {
  const { histories, seed, from = 0, bail = 1, onHistory, models = shapeNames, ...modes } = options
  const drawn = fc.sample(plots(mishapKinds(modes)), { seed, numRuns: from + histories })
  const failures: string[] = []
  let next = from
  const flags = [modes.faults ? ' --faults' : '', modes.processes ? ' --processes' : ''].join('')
  const work = async (lane: OpenWorld['lanes'][number]) => {
    for (let plot = drawn[next]; plot && failures.length < bail; plot = drawn[next]) {
      const path = next++
      const model = models[path % models.length] ?? 'plain'
      const wrong = await runHistory(world, lane, plot, model).catch((error: unknown) => [asTold(error)])
      onHistory?.(world.figures.histories)
      if (wrong.length === 0) continue
      const replay = `Replay: npm run chaos:two-way -- --seed ${seed} --path ${path} --histories 1 --model ${model}${flags}`
      failures.push([wrong.join('\n'), describePlot(plot), replay].join('\n\n'))
    }
  }
  await Promise.all(world.lanes.map(work))
  const crashes = world.lanes.flatMap(({ workers }) => workers.flatMap((worker) => worker.crashes))
  if (crashes.length > 0) failures.push(`${crashes.length} workers ended by themselves, with ${crashes.join(', ')}`)
  return failures
}

const asTold = (error: unknown) => `it could not be played: ${error instanceof Error ? error.stack : String(error)}`
