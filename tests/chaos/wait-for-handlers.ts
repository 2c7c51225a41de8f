import { setTimeout as sleep } from 'node:timers/promises'
import type { Stage } from './strike'
import type { Svix } from './svix'

/** Waits for handlers whose request was abandoned, until their time budget is over. */
export async function waitForHandlers({ database, fleet, timeoutMs }: Stage, svix: Svix): Promise<void> {
  await database.heal()
  for (const wire of fleet.wires) wire.mend()
  const hasStatus = (wanted: number) => svix.attempts.some(({ status }) => status === wanted)
  // Commands of a killed process may still run on the server, for longer if they were blocked.
  if (hasStatus(503) || (hasStatus(0) && timeoutMs < 5_000)) await sleep(timeoutMs + 300)
  else if (hasStatus(0)) await sleep(200)
}
