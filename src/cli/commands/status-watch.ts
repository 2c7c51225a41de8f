import type { ClerkSync } from '../../create-clerk-sync'
import { judgeStatus } from '../../monitor/judge-status'
import type { SyncStatus } from '../../monitor/status'
import { sleep } from '../../time/sleep'
import type { Io } from '../terminal/io'
import { messageOf } from '../terminal/text'

/** Moves to the top left corner, and erases what is below. */
const REDRAW = '\x1b[H\x1b[J'
const CLEAR = '\x1b[2J'

/** The sentence about a status, in its colour. */
export function sentenceOf(io: Io, status: SyncStatus): string {
  const { verdict, sentence } = judgeStatus(status)
  const paint = { ok: io.colors.green, warning: io.colors.yellow, problem: io.colors.red }[verdict]
  return io.colors.bold(paint(sentence))
}

/**
 * Prints the status until Ctrl-C: on a terminal the whole status, drawn over the last one, else one line each time. An
 * error is a line, too, because the database can come back.
 */
export async function watchStatus(
  io: Io,
  clerkSync: Pick<ClerkSync, 'status'>,
  seconds: number,
  print: (status: SyncStatus) => void,
): Promise<void> {
  const signal = io.stopSignal('The status is no longer printed.')
  const isDrawn = io.canRedraw && Boolean(process.stdout.isTTY)
  if (isDrawn) process.stdout.write(CLEAR)
  while (!signal.aborted) {
    try {
      const status = await clerkSync.status()
      const at = new Date().toISOString()
      if (isDrawn) process.stdout.write(REDRAW)
      if (isDrawn) print(status)
      else io.out(`${at} ${sentenceOf(io, status)}`)
      io.streamed({ at, ...status })
      if (isDrawn) io.out(io.colors.dim(`${at}, again every ${seconds} s; Ctrl-C ends`))
    } catch (error) {
      io.err(`${new Date().toISOString()} ${io.errColors.red('error')} ${messageOf(error)}`)
    }
    await sleep(seconds * 1_000, signal).catch(() => {})
  }
}
