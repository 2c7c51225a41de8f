import type { Connection, Schema } from 'mongoose'
import type { App } from '../app'
import type { RunningApp } from '../running-app'

export type Verdict = 'works' | 'refused at start-up' | 'broken by itself' | 'does not load'

/** A plugin that apps use beside ours. */
export interface PluginCase {
  /** Its name at npm. */
  name: string
  /** What an app that uses both has to know: a cell of the table in the docs. */
  note: string
  /** @default works on both */
  verdict?: Partial<Record<8 | 9, Verdict>>
  /** With `broken by itself`: the error of a plain `save()`, without our plugin. */
  brokenBy?: string
  /** Adds the plugin, and the paths that it is for. */
  apply(schema: Schema, connection: Connection): void
  /** What is special in an app with it. */
  app?: Partial<App>
  /** Fails unless the plugin does its own work on a user that came from Clerk. */
  expectAtWork?(running: RunningApp, clerkId: string): Promise<void>
}

/** The mongoose of this run. */
export const major: 8 | 9 = process.env.MONGOOSE === '8' ? 8 : 9

/** What must be true of the plugin on this run's mongoose. */
export function verdictOf({ verdict }: PluginCase): Verdict {
  return verdict?.[major] ?? 'works'
}
