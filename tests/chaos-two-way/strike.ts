import { count } from '../chaos/figures'
import type { Mishap, MishapKind } from './plot'
import type { History } from './run-history'

const failPoints: Partial<Record<MishapKind, object>> = {
  closedConnection: { closeConnection: true },
  notPrimary: { errorCode: 10107 },
  blocked: { blockConnection: true, blockTimeMS: 150 },
}

/** Injects a mishap if this mode supports it. */
export function strike({ world, lane, side, track, at, plot, isPushing }: History, mishap: Mishap): void {
  const note = (name: string) => count(world.figures.mishaps, name)
  if (mishap.kind === 'api') {
    const { status, times, isApplied, isForUpdates } = mishap
    side.clerk.failNext({ status, times, applied: isApplied, ...(isForUpdates && { method: 'PATCH' }) })
    note(`${status}${isApplied ? ' after it was applied' : ''}`)
    return
  }
  const { kind, arg } = mishap
  const worker = lane.workers[arg % plot.workers]
  const wire = lane.wires[arg % lane.wires.length]
  if (kind === 'stop') {
    if (!isPushing) return
    if (worker) track(worker.stop().then(() => worker.start(at)))
    note(kind)
  } else if (kind === 'killNow') {
    if (worker?.kill()) note(kind)
  } else if (kind === 'killAfterSend') {
    // All workers are killed, as the sender is unknown.
    side.onPushed = () => {
      side.onPushed = () => {}
      for (const one of lane.workers) if (one.kill()) note(kind)
    }
  } else if (kind === 'cut') {
    wire?.cut(20 + (arg % 200))
    note(kind)
  } else if (kind === 'lostReply') {
    wire?.loseReplies(1 + (arg % 3))
    note(kind)
  } else if (kind === 'databaseKilled') {
    // All lanes share the server, so it is killed rarely.
    if (!world.database.canDie || arg % 4 !== 0) return
    track(world.database.killAndRestart())
    note(kind)
  } else {
    const armed = world.database.failNext(1 + (arg % 3), failPoints[kind] ?? {})
    track(armed.then((isArmed) => (isArmed ? note(kind) : undefined)))
  }
}
