import { setTimeout as sleep } from 'node:timers/promises'

const TIMEOUT_MS = 30_000

/** Retries a call of the suite itself, as another lane may have killed the server or made the API fail. */
export async function retryUntilDone<T>(work: () => Promise<T>, until = Date.now() + TIMEOUT_MS): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(200)
    }
  }
}
