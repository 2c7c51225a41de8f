import fc from 'fast-check'
import { type Plot, plots } from './plot'
import { runHistory, type World } from './run-history'
import { type Modes, mishapKinds } from './world'

export interface CheckOptions extends Modes {
  histories: number
  seed: number
  /** Where in the seed's histories to begin, as a failure tells it. */
  path?: string | undefined
  onHistory?: (done: number) => void
}

/** How long a failure may be made smaller. */
const SHRINK_MS = 10_000

/** Runs histories until one diverges. Resolves to what is to be said of that one, or to nothing. */
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
    // What depends on time does not shrink: the first failure is told as it is.
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

/** A line each for what fast-check drew: long lists of nothing in particular are cut. */
function describePlot({ deeds, strays, hooks, ...plot }: Plot): string {
  const lines = [JSON.stringify(plot), ...deeds.map((deed) => JSON.stringify(deed))]
  const strayed = strays.slice(0, deeds.length).map(({ by, again }) => `${by}${again === null ? '' : `+${again}`}`)
  return [...lines, `strays ${strayed.join(' ')}`, `hooks ${hooks.join(' ')}`].join('\n')
}
