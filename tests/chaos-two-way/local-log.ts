/** A write of one leaf by the app. */
interface Write {
  value: unknown
  from: number
  /** Time of the acknowledgement; infinite if the write failed, as it may still be applied. */
  until: number
  isCertain: boolean
  /** Made before the app pushed, so that it was not recorded: the value of Clerk may replace it. */
  isUnnoticed?: boolean
}

/** Values are compared as JSON; a missing value equals `null`. */
export const asText = (value: unknown) => JSON.stringify(value ?? null)

/** The writes of the app by user and leaf, which decide the values allowed at the end. */
export class LocalLog {
  readonly #writes = new Map<string, Write[]>()
  count = 0

  note(userId: string, leaf: string, write: Write): void {
    const key = `${userId} ${leaf}`
    this.#writes.set(key, [...(this.#writes.get(key) ?? []), write])
    this.count++
  }

  /**
   * Whether the leaf may have the value: that of any write with no later certain write. If no write is
   * certain, the first value of the document is allowed too.
   */
  allows(userId: string, leaf: string, value: unknown, isFirst: (value: unknown) => boolean): boolean {
    const writes = this.#writes.get(`${userId} ${leaf}`) ?? []
    const certain = writes.filter(({ isCertain }) => isCertain)
    const last = writes.filter((one) => !certain.some((other) => other.from > one.until))
    const isUnnoticed = last.some((one) => one.isUnnoticed === true)
    return (
      last.some((one) => asText(one.value) === asText(value)) ||
      ((certain.length === 0 || isUnnoticed) && isFirst(value))
    )
  }

  /** All writes of one user. */
  of(userId: string): (Write & { leaf: string })[] {
    const own = [...this.#writes].filter(([key]) => key.startsWith(`${userId} `))
    return own.flatMap(([key, writes]) => writes.map((write) => ({ leaf: key.slice(userId.length + 1), ...write })))
  }

  /** Whether the app wrote, or may have written, any of these leaves. */
  hasAny(userId: string, leaves: readonly string[]): boolean {
    return leaves.some((leaf) => this.#writes.has(`${userId} ${leaf}`))
  }

  describe(userId: string, leaf: string): string {
    const writes = this.#writes.get(`${userId} ${leaf}`) ?? []
    const lines = writes.map(({ value, from, until, isCertain }) => {
      return `${asText(value)} ${isCertain ? '' : '(perhaps) '}at ${Math.round(from)}–${Math.round(until)}`
    })
    return lines.join(', ') || 'never written'
  }
}
