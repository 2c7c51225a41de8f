import { type CheckOptions, checkHistories, describePlot } from '../chaos/check-histories'
import { mishapKinds } from '../chaos/world'
import { plots } from './plot'
import { runHistory, type World } from './run-history'

/** Runs histories of users, organizations and memberships. See `checkHistories`. */
export function check(world: World, options: CheckOptions): Promise<string | undefined> {
  return checkHistories(
    {
      plots: plots(mishapKinds(options)),
      run: (plot) => runHistory(world, plot),
      describe: describePlot,
      script: 'chaos:resources',
    },
    options,
  )
}
