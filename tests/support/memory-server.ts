import { setTimeout as sleep } from 'node:timers/promises'
import { MongoBinary, MongoMemoryReplSet } from 'mongodb-memory-server'
import type { StartedMongo } from './start-mongo'

const DOWNLOAD_LIMIT_MS = 10 * 60_000

/** A real `mongod` as a replica set of one: the system's, or one that mongodb-memory-server downloads once. */
export async function startMemoryServer(say: (line: string) => void): Promise<StartedMongo> {
  // If the download is blocked, one attempt fails at once and three take seven seconds. Zero disables it.
  process.env.MONGOMS_MAX_RETRIES ??= '1'
  say('MongoDB: looking for a mongod (the first time it may be downloaded)')
  // Checked first, as a server that cannot start prints long output.
  await Promise.race([MongoBinary.getPath(), downloadLimit()])
  const server = await MongoMemoryReplSet.create({
    replSet: { count: 1, storageEngine: 'wiredTiger', args: ['--setParameter', 'enableTestCommands=1'] },
  })
  return { uri: server.getUri(), stop: async () => void (await server.stop()) }
}

/** The download has no limit of its own: behind a network that drops its packets it would wait for ever. */
async function downloadLimit(): Promise<never> {
  await sleep(DOWNLOAD_LIMIT_MS, undefined, { ref: false })
  throw new Error(`no mongod after ${DOWNLOAD_LIMIT_MS / 60_000} minutes`)
}
