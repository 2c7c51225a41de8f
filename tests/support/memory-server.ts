import { MongoBinary, MongoMemoryReplSet } from 'mongodb-memory-server'
import type { StartedMongo } from './start-mongo'

/** A real `mongod` as a replica set of one: the system's, or one that mongodb-memory-server downloads once. */
export async function startMemoryServer(say: (line: string) => void): Promise<StartedMongo> {
  // If the download is blocked, one attempt fails at once and three take seven seconds. Zero disables it.
  process.env.MONGOMS_MAX_RETRIES ??= '1'
  say('MongoDB: looking for a mongod (the first time it may be downloaded)')
  // Checked first, as a server that cannot start prints long output.
  await MongoBinary.getPath()
  const server = await MongoMemoryReplSet.create({
    replSet: { count: 1, storageEngine: 'wiredTiger', args: ['--setParameter', 'enableTestCommands=1'] },
  })
  return { uri: server.getUri(), stop: async () => void (await server.stop()) }
}
