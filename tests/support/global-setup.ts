import type { TestProject } from 'vitest/node'
import { startMongo } from './start-mongo'

declare module 'vitest' {
  interface ProvidedContext {
    mongoUri: string
  }
}

/** One database server for the whole run; every test file has a database of its own on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mongo = await startMongo()
  project.provide('mongoUri', mongo.uri)
  return mongo.stop
}
