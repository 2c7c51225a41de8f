import fc from 'fast-check'
import type { Modes } from './world'

export interface CheckOptions extends Modes {
  histories: number
  seed: number
  /** The fast-check path to start at, as a failure prints it. */
  path?: string | undefined
  onHistory?: () => void
}

/** A kind of histories. */
export interface Kind<Plot> {
  plots: fc.Arbitrary<Plot>
  /** Resolves to everything that is wrong after a history. */
  run(plot: Plot): Promise<string[]>
  describe(plot: Plot): string
  /** The npm script that replays one. */
  script: string
}

/** Maximum time for shrinking, in milliseconds. */
const SHRINK_MS = 10_000

/** Runs histories until one diverges. Resolves to a report of that one, or to `undefined`. */
export async function checkHistories<Plot>(
  { plots, run, describe, script }: Kind<Plot>,
  { histories, seed, path, onHistory, ...modes }: CheckOptions,
): Promise<string | undefined> {
  let firstFailedAt = Number.POSITIVE_INFINITY
  const property = fc.asyncProperty(plots, async (plot) => {
    if (Date.now() - firstFailedAt > SHRINK_MS) return
    const wrong = await run(plot)
    onHistory?.()
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
    plot ? describe(plot) : '',
    `Replay: npm run ${script} -- --seed ${result.seed} --path ${result.counterexamplePath} --histories 1${flags}`,
  ].join('\n\n')
}

/** Prints what fast-check drew, one line per action. Long lists are cut. */
export function describePlot<P extends PlotOfActions>({ actions, shifts, hooks, ...plot }: P): string {
  const lines = [JSON.stringify(plot), ...actions.map((action) => JSON.stringify(action))]
  const shifted = shifts.slice(0, actions.length).map(({ by, again }) => `${by}${again === null ? '' : `+${again}`}`)
  return [...lines, `shifts ${shifted.join(' ')}`, `hooks ${hooks.join(' ')}`].join('\n')
}

interface PlotOfActions {
  actions: readonly object[]
  shifts: readonly { by: number; again: number | null }[]
  hooks: readonly string[]
}
