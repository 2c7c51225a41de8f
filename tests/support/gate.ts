import type { Collection } from 'mongoose'
import type { TestModel } from './database'

const verbs = ['updateOne', 'findOne', 'deleteOne', 'aggregate', 'indexes'] as const

export interface Gate {
  /** How many commands have come by since the last `arm`. */
  readonly passed: number
  /** From now on, runs `before` once, in front of the nth command (the first is 0). */
  arm(nth: number, before: () => unknown): void
  open(): void
}

/** Stands in front of every command of a model and its tombstones, where a test can pause, meddle or break. The commands stay real. */
export function gateBefore(users: TestModel): Gate {
  let passed = 0
  let armed: { nth: number; before: () => unknown } | undefined
  const options = users.schema.get('clerkSync' as never) as { tombstones: string }
  const collections = [users.collection, users.db.collection(options.tombstones)] as unknown as Collection[]

  async function pass(): Promise<void> {
    const current = armed
    if (passed++ !== current?.nth) return
    armed = undefined
    await current.before()
  }

  for (const collection of collections) {
    const target = collection as unknown as Record<string, (...args: unknown[]) => unknown>
    for (const verb of verbs) {
      const real = target[verb]?.bind(collection) as (...args: unknown[]) => { toArray(): unknown }
      target[verb] =
        verb === 'aggregate'
          ? (...args) => ({ toArray: async () => (await pass(), real(...args).toArray()) })
          : async (...args) => (await pass(), real(...args))
    }
  }
  return {
    get passed() {
      return passed
    },
    arm: (nth, before) => {
      passed = 0
      armed = { nth, before }
    },
    open: () => {
      armed = undefined
    },
  }
}
