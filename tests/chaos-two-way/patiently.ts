import { setTimeout as sleep } from 'node:timers/promises'

const PATIENCE_MS = 30_000

/** What the suite itself wants of a server that another lane may have killed just now, or of an API that was made to fail: tried until it succeeds. */
export async function patiently<T>(work: () => Promise<T>, until = Date.now() + PATIENCE_MS): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(200)
    }
  }
}
