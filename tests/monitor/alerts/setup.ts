import { type ClerkSync, type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import { type Alert, createClerkSyncMonitor, type MonitorOptions } from 'clerk-mongo-sync/monitor'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { createFakeClerk, type FakeClerk } from 'clerk-mongo-sync/testing'
import { afterEach, beforeEach, vi } from 'vitest'
import { type TestDatabase, type TestModel, useDatabase } from '../../support/database'
import { type Served, serve } from '../../support/serve'

let logs = 0

/** An app with a webhook handler on a real port, a fake Clerk that delivers to it, and monitors beside it. */
export interface WatchedApp {
  database: TestDatabase
  clerk: FakeClerk
  users: TestModel
  clerkSync: ClerkSync
  server: Served
  /** The alerts sent so far, as `rule state`. */
  sent: string[]
  alerts: Alert[]
  /** A `ClerkSync` of another process. */
  another(options?: Partial<ClerkSyncOptions>): ClerkSync
  /** A monitor of another process. */
  monitor(options?: MonitorOptions): ReturnType<typeof createClerkSyncMonitor>
  /** Moves the clock. */
  pass(milliseconds: number): void
}

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** Sets up an app for each test. */
export function useWatchedApp(name: string): WatchedApp {
  const app = { database: useDatabase(name) } as WatchedApp
  beforeEach(async () => {
    const { connection } = app.database
    await connection.collection('clerk_jobs').deleteMany({})
    app.users = await app.database.users()
    app.clerk = await createFakeClerk({ rateLimit: false })
    const { url: apiUrl, secretKey, signingSecret } = app.clerk
    const collection = `alerts_${++logs}`
    app.another = (options = {}) =>
      createClerkSync({
        users: app.users,
        clerk: { apiUrl, secretKey },
        signingSecret,
        deliveries: { collection },
        logger: false,
        ...options,
      })
    app.clerkSync = app.another()
    app.server = await serve(toNodeHandler(app.clerkSync))
    app.clerk.deliverTo(app.server.url)
    app.sent = []
    app.alerts = []
    app.monitor = ({ rules, ...options } = {}) =>
      createClerkSyncMonitor(app.another(), {
        rules: { endpoint: { retryAfterMs: 10 }, ...rules },
        onAlert(alert) {
          app.alerts.push(alert)
          app.sent.push(`${alert.rule} ${alert.state}`)
        },
        ...options,
      })
    app.pass = (milliseconds) => {
      const now = Date.now() + milliseconds
      vi.useFakeTimers({ toFake: ['Date'], now })
    }
  })
  afterEach(async () => {
    vi.useRealTimers()
    await Promise.all([app.clerk.close(), app.server.close()])
  })
  return app
}
