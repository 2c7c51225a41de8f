import { count } from '../chaos/figures'
import type { Mishap, MishapKind } from './plot'
import type { History } from './run-history'

const failPoints: Partial<Record<MishapKind, object>> = {
  closedConnection: { closeConnection: true },
  notPrimary: { errorCode: 10107 },
  blocked: { blockConnection: true, blockTimeMS: 150 },
}

/** Makes a mishap happen, as far as it can here. */
export function strike({ world, lane, side, goOn, at, plot, isPushing }: History, mishap: Mishap): void {
  const note = (name: string) => count(world.figures.mishaps, name)
  if (mishap.kind === 'api') {
    const { status, times, isApplied, isForUpdates } = mishap
    side.clerk.failNext({ status, times, applied: isApplied, ...(isForUpdates && { method: 'PATCH' }) })
    note(`${status}${isApplied ? ' after it was done' : ''}`)
    return
  }
  const { kind, arg } = mishap
  const worker = lane.workers[arg % plot.workers]
  const wire = lane.wires[arg % lane.wires.length]
  if (kind === 'stop') {
    if (!isPushing) return
    if (worker) goOn(worker.stop().then(() => worker.start(at)))
    note(kind)
  } else if (kind === 'killNow') {
    if (worker?.kill()) note(kind)
  } else if (kind === 'killAfterSend') {
    // Whoever sent it: all of them die at that moment.
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
    // The server is every lane's: now and then is enough.
    if (!world.database.canDie || arg % 4 !== 0) return
    goOn(world.database.killAndRestart())
    note(kind)
  } else {
    const armed = world.database.failNext(1 + (arg % 3), failPoints[kind] ?? {})
    goOn(armed.then((isArmed) => (isArmed ? note(kind) : undefined)))
  }
}
