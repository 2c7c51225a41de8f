import type { PushClaim } from '../../store/push-store'
import type { PushContext } from './push-context'

/** A claim, and the context of its resource. */
export interface Claimed {
  context: PushContext
  claim: PushClaim
}

/** Claims of each resource in turn, so that none waits for the whole queue of another. */
export class ClaimsInTurn {
  /** The one that has waited longest is first. */
  #contexts: readonly PushContext[]
  #claiming: Promise<unknown> = Promise.resolve()

  constructor(
    contexts: readonly PushContext[],
    private readonly claimOf: (context: PushContext) => Promise<PushClaim | undefined>,
  ) {
    this.#contexts = contexts
  }

  /** Claims one at a time: concurrent claims would see the same document, and all but one would retry. */
  next(): Promise<Claimed | undefined> {
    const turn = this.#claiming.then(() => this.#claimAny())
    this.#claiming = turn.catch(() => {})
    return turn
  }

  async #claimAny(): Promise<Claimed | undefined> {
    for (const context of this.#contexts) {
      const claim = await this.claimOf(context)
      if (!claim) continue
      this.#contexts = [...this.#contexts.filter((one) => one !== context), context]
      return { context, claim }
    }
    return undefined
  }
}
