import { beforeAll, beforeEach, describe, it } from 'vitest'
import { type TestDatabase, useDatabase } from '../support/database'
import type { App } from './app'
import type { Stage } from './life/stage'
import { stages } from './life/stages'
import { RunningApp } from './running-app'

/** Takes every app through the life of a user, in a database of its own. */
export function runApps(database: string, apps: App[], life: Stage[] = stages): void {
  const db = useDatabase(database)
  for (const app of apps) describe(app.name, () => live(app, db, life))
}

function live(app: App, db: TestDatabase, life: Stage[]): void {
  let running: RunningApp
  beforeAll(async () => {
    running = await RunningApp.start(app, db)
  })
  beforeEach(() => running.clear())
  for (const { name, appliesTo, run } of life) if (appliesTo?.(app) ?? true) it(name, () => run(running))
}
