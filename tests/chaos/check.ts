import { type CheckOptions, checkHistories, describePlot } from './check-histories'
import { plots } from './plot'
import { runHistory, type World } from './run-history'
import { mishapKinds } from './world'

/** Runs histories of users. See `checkHistories`. */
export function check(world: World, options: CheckOptions): Promise<string | undefined> {
  return checkHistories(
    {
      plots: plots(mishapKinds(options)),
      run: (plot) => runHistory(world, plot),
      describe: describePlot,
      script: 'chaos',
    },
    options,
  )
}
