import type { TestProject } from 'vitest/node'
import { type StartedMongo, startMongo } from './start-mongo'
import { watchServer } from './watchdog'

declare module 'vitest' {
  interface ProvidedContext {
    mongoUri: string
  }
}

/** The server, and how many projects of the run have asked for it. Each project loads this file anew. */
const shared = globalThis as { testServer?: { started: Promise<StartedMongo>; users: number } }

async function start(): Promise<StartedMongo> {
  const server = await startMongo()
  const endWatch = watchServer(server)
  return { ...server, stop: () => endWatch().then(server.stop) }
}

/** One database server for the whole run; every test file has a database of its own on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.testServer ??= { started: start(), users: 0 }
  const server = shared.testServer
  server.users++
  const { uri, stop } = await server.started
  project.provide('mongoUri', uri)
  return async () => {
    if (--server.users > 0) return
    delete shared.testServer
    await stop()
  }
}
