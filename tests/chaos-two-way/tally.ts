import { WINDOW_MS } from './faster-time'
import type { History } from './run-history'

/** Adds one history to the figures. */
export function tally({ world: { figures }, side, log, hooks }: History): void {
  const { clerk } = side
  const clerkChanges = [...side.clerkChanges.values()].flat().length
  figures.histories++
  figures.localWrites += log.count
  figures.changesAtClerk += clerkChanges
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
  const hookVersions = hooks.filter(({ userId }) => userId === id).map(({ version }) => version)
  const changedVersions = (side.clerkChanges.get(id) ?? []).map(({ version }) => version)
  for (const version of new Set(hookVersions)) {
    if (changedVersions.includes(version)) continue
    figures.echoes++
    // Not needless if the change before it ran no hook: then this hook reports that change.
    const before = changedVersions.filter((one) => one < version).at(-1)
    if (before === undefined || hookVersions.includes(before) || changedVersions.indexOf(before) === 0)
      figures.needlessEchoes++
  }
}

/** Maximum changes of one user per window, and answers 429 that were not injected. */
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
