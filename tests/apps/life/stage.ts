import type { App } from '../app'
import type { RunningApp } from '../running-app'

/** One thing that happens in the life of a user. Starts with an empty collection. */
export interface Stage {
  /** A sentence of behaviour. */
  name: string
  /** @default every app */
  appliesTo?(app: App): boolean
  run(running: RunningApp): Promise<void>
}
