import { setTimeout as sleep } from 'node:timers/promises'
import type { FakeClerk } from 'clerk-mongo-sync/testing'

/** People who go on with their lives at Clerk: some sign up, more change something, a few leave. */
export class Traffic {
  /** How much has been done so far, which is how many messages were sent. */
  deeds = 0
  #isOn = true
  readonly #ended: Promise<void>
  readonly #ids: string[]

  constructor(private readonly clerk: FakeClerk) {
    this.#ids = [...clerk.users].map(([id]) => id)
    this.#ended = this.#run()
  }

  async stop(): Promise<void> {
    this.#isOn = false
    await this.#ended
  }

  async #run(): Promise<void> {
    while (this.#isOn) {
      this.#deed()
      this.deeds++
      await sleep(40)
    }
  }

  #deed(): void {
    const luck = Math.random()
    const at = Math.floor(Math.random() * this.#ids.length)
    const id = this.#ids[at]
    if (id === undefined || luck < 0.2) {
      this.#ids.push(this.clerk.users.create({ first_name: 'New' }).id)
    } else if (luck < 0.3) {
      this.clerk.users.delete(id)
      this.#ids[at] = this.#ids.at(-1) ?? id
      this.#ids.pop()
    } else {
      this.clerk.users.update(id, { first_name: `Changed ${this.deeds}` })
    }
  }
}
