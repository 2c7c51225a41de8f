import { abortWith } from '../../time/abort-with'

/**
 * Prefetches one item: the next loads while the current one is processed. Holds at most these two.
 * @param open Opens the source. Its signal aborts when the reader stops or `signal` aborts.
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
    // The promise is awaited later, or never if the reader has stopped.
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
