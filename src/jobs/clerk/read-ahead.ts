import { abortWith } from '../../time/abort-with'

/**
 * The same, one ahead: while one is worked on, the next is on its way. Never holds more than those two.
 * @param open Makes the source; its requests end with the signal it is given, when the reader stops or `signal` does.
 */
export async function* readAhead<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void> {
  const stop = new AbortController()
  const unlink = abortWith(stop, signal)
  const iterator = open(stop.signal)[Symbol.asyncIterator]()
  const advance = () => {
    const next = iterator.next()
    // It is awaited later, or never, when the reader has stopped.
    next.catch(() => {})
    return next
  }
  let next = advance()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return
      next = advance()
      yield value
    }
  } finally {
    unlink()
    stop.abort()
  }
}
