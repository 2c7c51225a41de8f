import type { PushContext } from './push-context'
import type { PushProgress, ResourceProgress } from './push-report'

/** The counts of a round, for all resources together and for each. */
export class RoundProgress {
  readonly all: PushProgress = { ...none(), compared: 0, total: 0 }
  readonly #byContext = new Map<PushContext, ResourceProgress>()

  count(context: PushContext, what: keyof ResourceProgress): void {
    const own = this.of(context)
    own[what]++
    this.all[what]++
    this.#byContext.set(context, own)
  }

  of(context: PushContext): ResourceProgress {
    return this.#byContext.get(context) ?? none()
  }
}

const none = (): ResourceProgress => ({ pushed: 0, unchanged: 0, failed: 0 })
