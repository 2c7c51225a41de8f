import fc from 'fast-check'
import { type Plot, plots } from './plot'
import { runHistory, type World } from './run-history'
import { type Modes, mishapKinds } from './world'

export interface CheckOptions extends Modes {
  histories: number
  seed: number
  /** The fast-check path to start at, as a failure prints it. */
  path?: string | undefined
  onHistory?: (done: number) => void
}

/** Maximum time for shrinking, in milliseconds. */
const SHRINK_MS = 10_000

/** Runs histories until one diverges. Resolves to a report of that one, or to `undefined`. */
export async function check(world: World, { histories, seed, path, onHistory, ...modes }: CheckOptions) {
  let firstFailedAt = Number.POSITIVE_INFINITY
  const property = fc.asyncProperty(plots(mishapKinds(modes)), async (plot) => {
    if (Date.now() - firstFailedAt > SHRINK_MS) return
    const wrong = await runHistory(world, plot)
    onHistory?.(world.figures.histories)
    if (wrong.length > 0) firstFailedAt = Math.min(firstFailedAt, Date.now())
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  })
  const result = await fc.check(property, {
    seed,
    numRuns: histories,
    // Failures that depend on timing do not shrink, so the first one is reported.
    endOnFailure: modes.faults || modes.processes,
    ...(path !== undefined && { path }),
  })
  if (!result.failed) return undefined
  const flags = `${modes.faults ? ' --faults' : ''}${modes.processes ? ' --processes' : ''}`
  const [plot] = (result.counterexample ?? []) as [Plot?]
  return [
    result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance),
    plot ? describePlot(plot) : '',
    `Replay: npm run chaos -- --seed ${result.seed} --path ${result.counterexamplePath} --histories 1${flags}`,
  ].join('\n\n')
}

/** Prints what fast-check drew, one line per action. Long lists are cut. */
function describePlot({ actions, shifts, hooks, ...plot }: Plot): string {
  const lines = [JSON.stringify(plot), ...actions.map((action) => JSON.stringify(action))]
  const shifted = shifts.slice(0, actions.length).map(({ by, again }) => `${by}${again === null ? '' : `+${again}`}`)
  return [...lines, `shifts ${shifted.join(' ')}`, `hooks ${hooks.join(' ')}`].join('\n')
}
