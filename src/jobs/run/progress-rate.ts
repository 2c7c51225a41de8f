/** Measures a job's progress rate. */
export class ProgressRate {
  readonly #started = performance.now()

  /** @param done Users processed in this run. */
  at(done: number, left: number | undefined): { perSecond: number; secondsLeft: number | undefined } {
    const seconds = Math.max((performance.now() - this.#started) / 1000, 0.001)
    const perSecond = done / seconds
    const secondsLeft = left === undefined || done === 0 ? undefined : Math.ceil(Math.max(0, left) / perSecond)
    return { perSecond: Math.round(perSecond * 10) / 10, secondsLeft }
  }
}
