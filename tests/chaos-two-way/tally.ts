import { WINDOW_MS } from './faster-time'
import type { History } from './run-history'

/** Adds to the figures what one history did. */
export function tally({ world: { figures }, side, log, hooks }: History): void {
  const { clerk } = side
  const acts = [...side.acts.values()].flat().length
  figures.histories++
  figures.localWrites += log.count
  figures.changesAtClerk += acts
  figures.deliveries += clerk.deliveries.length
  figures.requests += clerk.requests.length
  figures.pushes += side.pushes
  figures.hooks += hooks.length
  for (const id of side.ids) countEchoes(figures, { side, hooks }, id)
  const { limited, most } = paceOf(clerk.requests)
  figures.limited += limited
  figures.mostInWindow = Math.max(figures.mostInWindow, most)
}

function countEchoes(
  figures: History['world']['figures'],
  { side, hooks }: Pick<History, 'side' | 'hooks'>,
  id: string,
) {
  const heard = hooks.filter(({ userId }) => userId === id).map(({ version }) => version)
  const acted = (side.acts.get(id) ?? []).map(({ version }) => version)
  for (const version of new Set(heard)) {
    if (acted.includes(version)) continue
    figures.echoes++
    // A change of somebody else's right before it whose own hook never ran: then this one stands for it.
    const before = acted.filter((one) => one < version).at(-1)
    if (before === undefined || heard.includes(before) || acted.indexOf(before) === 0) figures.needlessEchoes++
  }
}

/** How near the changes of single users came to Clerk's limit, and how often it said so, as far as nobody had planted that. */
function paceOf(requests: History['side']['clerk']['requests']): { limited: number; most: number } {
  const changes = requests.filter(({ method }) => method === 'PATCH')
  let [limited, most] = [0, 0]
  for (const { path, at, status } of changes) {
    const user = path.split('/')[2]
    const taken = changes.filter((one) => {
      const age = at.getTime() - one.at.getTime()
      return one.path.split('/')[2] === user && one.status === 200 && age >= 0 && age < WINDOW_MS
    }).length
    most = Math.max(most, taken)
    if (status === 429 && taken >= 10) limited++
  }
  return { limited, most }
}
