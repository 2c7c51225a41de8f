import { beforeAll, beforeEach, describe, it } from 'vitest'
import { type TestDatabase, useDatabase } from '../support/database'
import type { App } from './app'
import { stages } from './life/stages'
import { RunningApp } from './running-app'

/** Runs every app through all stages of a user's life, each in its own database. */
export function runApps(database: string, apps: App[]): void {
  const db = useDatabase(database)
  for (const app of apps) describe(app.name, () => void liveThrough(app, db))
}

/** Adds a test for each stage of a user's life in the app. @returns the app, for further tests */
export function liveThrough(app: App, db: TestDatabase): () => RunningApp {
  let running: RunningApp
  beforeAll(async () => {
    running = await RunningApp.start(app, db)
  })
  beforeEach(() => running.clear())
  for (const { name, appliesTo, run } of stages) if (appliesTo?.(app) ?? true) it(name, () => run(running))
  return () => running
}
