import type { App } from '../app'
import type { RunningApp } from '../running-app'

/** One stage in a user's life. Starts with an empty collection. */
export interface Stage {
  /** A sentence of behaviour. */
  name: string
  /** @default every app */
  appliesTo?(app: App): boolean
  run(running: RunningApp): Promise<void>
}
