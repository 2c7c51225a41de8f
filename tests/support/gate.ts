import type { Collection } from 'mongoose'
import type { TestModel } from './database'

const verbs = ['updateOne', 'findOne', 'deleteOne', 'aggregate', 'indexes'] as const

export interface Gate {
  /** Runs `before` once, before the nth command (from 0), or before the first whose filter matches `at`. */
  arm(at: number | ((filter: unknown) => boolean), before: () => unknown): void
  open(): void
}

/** Intercepts every command of a model and its tombstones, so that a test can pause, write or fail in between. */
export function gateBefore(users: TestModel): Gate {
  let armed: { isHere: (filter: unknown) => boolean; before: () => unknown } | undefined
  const options = users.schema.get('clerkSync' as never) as { tombstones: string }
  const collections = [users.collection, users.db.collection(options.tombstones)] as unknown as Collection[]

  async function pass(filter: unknown): Promise<void> {
    const current = armed
    if (!current?.isHere(filter)) return
    armed = undefined
    await current.before()
  }

  for (const collection of collections) {
    const target = collection as unknown as Record<string, (...args: unknown[]) => unknown>
    for (const verb of verbs) {
      const real = target[verb]?.bind(collection) as (...args: unknown[]) => { toArray(): unknown }
      const gated = async (args: unknown[]) => {
        await pass(args[0])
        return real(...args)
      }
      target[verb] =
        verb === 'aggregate'
          ? (...args) => ({ toArray: async () => (await gated(args)).toArray() })
          : (...args) => gated(args)
    }
  }
  return {
    arm(at, before) {
      let passed = 0
      armed = { before, isHere: typeof at === 'function' ? at : () => passed++ === at }
    },
    open: () => {
      armed = undefined
    },
  }
}
