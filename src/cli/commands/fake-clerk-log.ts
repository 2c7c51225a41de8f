import type { FakeClerk } from '../../testing/fake-clerk/create-fake-clerk'
import type { Io } from '../terminal/io'

const POLL_MS = 50

/**
 * Prints each delivery attempt when it has ended.
 * @param from Number of earlier attempts to skip.
 * @param onPrinted Called after attempts were printed.
 * @returns A function that prints the remaining attempts and stops.
 */
export function logDeliveries(io: Io, clerk: FakeClerk, from: number, onPrinted = () => {}): () => void {
  let printed = from
  const printNew = () => {
    if (clerk.deliveries.length === printed) return
    for (const attempt of clerk.deliveries.slice(printed)) {
      printed += 1
      const { type, messageId, status, error, isDelivered, response = '', startedAt, endedAt, attempt: n } = attempt
      io.streamed(attempt)
      const paint = isDelivered ? io.colors.green : io.colors.red
      const took = `${endedAt.getTime() - startedAt.getTime()} ms`
      const which = n > 1 ? ` (attempt ${n})` : ''
      io.out(
        `${paint(String(status ?? error ?? 'no answer'))}  ${type}${which}  ${io.colors.dim(`${messageId}  ${took}  ${response}`)}`,
      )
    }
    onPrinted()
  }
  const timer = setInterval(printNew, POLL_MS)
  return () => {
    clearInterval(timer)
    printNew()
  }
}
