/** How many items are processed at the same time. */
const AT_ONCE = 16

/** Processes a list, a few items at a time. The first rejection ends it. */
export async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = [...items.entries()].reverse()
  const worker = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const [index, item] = next
      results[index] = await work(item)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    return results
  } finally {
    queue.length = 0
  }
}
