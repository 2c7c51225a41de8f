import type { Connection, Schema } from 'mongoose'
import type { App } from '../app'
import type { RunningApp } from '../running-app'

export type Verdict = 'works' | 'refused at start-up' | 'broken by itself' | 'does not load'

/** A plugin that apps use together with ours. */
export interface PluginCase {
  /** Its name on npm. */
  name: string
  /** Note for apps that use both: a cell of the table in the docs. */
  note: string
  /** @default works on both */
  verdict?: Partial<Record<8 | 9, Verdict>>
  /** With `broken by itself`: the error of a plain `save()`, without our plugin. */
  brokenBy?: string
  /** Adds the plugin and the paths that it uses. */
  apply(schema: Schema, connection: Connection): void
  /** The expected differences of an app with it. */
  app?: Partial<App>
  /** Fails unless the plugin works for a user from Clerk. */
  expectAtWork?(running: RunningApp, clerkId: string): Promise<void>
}

/** The mongoose of this run. */
export const major: 8 | 9 = process.env.MONGOOSE === '8' ? 8 : 9

/** The result that the plugin must have with the mongoose of this run. */
export function verdictOf({ verdict }: PluginCase): Verdict {
  return verdict?.[major] ?? 'works'
}
