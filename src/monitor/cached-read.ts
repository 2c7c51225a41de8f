/**
 * Returns a function that reads at most once in a time, and otherwise returns what was read last. Calls that come during a
 * read wait for it.
 * @param cacheMs In milliseconds.
 */
export function cachedRead<T>(cacheMs: number, read: () => Promise<T>): () => Promise<T> {
  let last: { at: number; result: Promise<T> } | undefined
  return () => {
    if (!last || Date.now() - last.at > cacheMs) last = { at: Date.now(), result: read() }
    return last.result
  }
}
