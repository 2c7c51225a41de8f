import type { PushStore } from '../../store/push-store'
import type { Alarm } from './alarm'

/** The shortest time between two attempts to open a change stream. */
const MIN_REWATCH_MS = 60_000

/** Watches one queue for changes. Opens the stream again when it has ended. */
export class QueueWatch {
  #isWatching = false
  #watchAgainAt = 0

  constructor(
    private readonly alarm: Alarm,
    private readonly signal: AbortSignal,
  ) {}

  /** Opens a stream unless one is open or was just tried. Returns whether it opens one. */
  open(store: PushStore): boolean {
    if (this.#isWatching || Date.now() < this.#watchAgainAt) return false
    this.#isWatching = true
    this.#watchAgainAt = Date.now() + MIN_REWATCH_MS
    const watching = store.watch(this.signal, () => this.alarm.ring()).catch(() => false)
    void watching.then(() => {
      this.#isWatching = false
      if (Date.now() >= this.#watchAgainAt) this.alarm.ring()
    })
    return true
  }
}
