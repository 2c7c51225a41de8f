import type { ChaosDatabase } from './database'
import type { Mishap, MishapKind } from './plot'
import type { Attempt } from './svix'
import type { Wire } from './wire'

/** What can fail. */
export interface Stage {
  database: ChaosDatabase
  fleet: { wires: readonly Wire[] }
  /** Time budget of a delivery. */
  timeoutMs: number
}

const failPoints: Partial<Record<MishapKind, (stage: Stage, arg: number) => object>> = {
  closedConnection: () => ({ closeConnection: true }),
  notPrimary: () => ({ errorCode: 10107 }),
  steppingDown: () => ({ errorCode: 189 }),
  writeConflict: () => ({ errorCode: 112 }),
  maxTimeExpired: () => ({ errorCode: 50 }),
  // Sometimes longer than the time budget, so that the command completes after the answer.
  blocked: ({ timeoutMs }, arg) => ({
    blockConnection: true,
    blockTimeMS: arg % 4 === 0 ? timeoutMs + 100 : 20 + (arg % 100),
  }),
}

/**
 * Injects a mishap at an attempt.
 * @param pending Receives work that runs beside the deliveries.
 * @returns `false` if this mode does not support it.
 */
export async function strike(
  stage: Stage,
  { kind, arg }: Mishap,
  attempt: Attempt,
  pending: Promise<void>[],
): Promise<boolean> {
  const { database, fleet } = stage
  const wire = fleet.wires[arg % Math.max(1, fleet.wires.length)]
  if (kind.startsWith('kill:')) attempt.kill = kind.slice('kill:'.length) as NonNullable<Attempt['kill']>
  else if (kind === 'cut') wire?.cut(20 + (arg % 200))
  else if (kind === 'lostReply') wire?.loseReplies(1 + (arg % 3))
  else if (kind === 'databaseKilled') {
    if (!database.canDie) return false
    pending.push(database.killAndRestart())
  } else return database.failNext(1 + (arg % 3), failPoints[kind]?.(stage, arg) ?? {})
  return true
}
