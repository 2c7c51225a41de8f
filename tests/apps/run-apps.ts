import { beforeAll, beforeEach, describe, it } from 'vitest'
import { type TestDatabase, useDatabase } from '../support/database'
import type { App } from './app'
import { stages } from './life/stages'
import { RunningApp } from './running-app'

/** Takes every app through the life of a user, in a database of its own. */
export function runApps(database: string, apps: App[]): void {
  const db = useDatabase(database)
  for (const app of apps) describe(app.name, () => void liveThrough(app, db))
}

/** Adds a test for each stage of the life of a user in the app. @returns the app, for further tests */
export function liveThrough(app: App, db: TestDatabase): () => RunningApp {
  let running: RunningApp
  beforeAll(async () => {
    running = await RunningApp.start(app, db)
  })
  beforeEach(() => running.clear())
  for (const { name, appliesTo, run } of stages) if (appliesTo?.(app) ?? true) it(name, () => run(running))
  return () => running
}
