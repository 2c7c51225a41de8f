import { setTimeout as sleep } from 'node:timers/promises'
import type { FakeClerk } from 'clerk-mongo-sync/testing'

/** Changes at Clerk during a job: some sign-ups, more updates, few deletions. */
export class Traffic {
  /** Number of changes, which equals the number of messages. */
  changes = 0
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
      this.changes++
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
      this.clerk.users.update(id, { first_name: `Changed ${this.changes}` })
    }
  }
}
