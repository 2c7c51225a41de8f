import mongoose from 'mongoose'
import type { StartedMongo } from './start-mongo'

/** The exit code of a run whose database server hung: `scripts/check.mjs` repeats it once. */
const SERVER_HUNG = 75

const EVERY_MS = 10_000
/** A busy machine answers in seconds. */
const LIMIT_MS = 90_000

/**
 * Ends the whole run if the server no longer answers. Each of thousands of tests would wait for its time limit, for an hour
 * and more, and none would say why.
 */
export function watchServer({ uri, stacks }: StartedMongo): () => Promise<void> {
  const connection = mongoose.createConnection(uri, { dbName: 'watchdog', serverSelectionTimeoutMS: LIMIT_MS })
  connection.on('error', () => {})
  let answeredAt = Date.now()
  let asking = false
  const timer = setInterval(async () => {
    if (Date.now() - answeredAt > LIMIT_MS) return end()
    if (asking) return
    asking = true
    // Reading the catalogue and writing need locks that a `ping` does not.
    await ask(connection).then(
      () => {
        answeredAt = Date.now()
      },
      () => {},
    )
    asking = false
  }, EVERY_MS)

  async function end(): Promise<void> {
    clearInterval(timer)
    console.error(
      `MongoDB: the server has not answered for ${LIMIT_MS / 1000} s; this run ends here. ${await stacks?.()}`,
    )
    process.exit(SERVER_HUNG)
  }

  return async () => {
    clearInterval(timer)
    await connection.close()
  }
}

async function ask(connection: mongoose.Connection): Promise<void> {
  await connection.asPromise()
  await connection.db?.listCollections({}, { nameOnly: true }).toArray()
  await connection.collection('heartbeats').updateOne({}, { $set: { at: new Date() } }, { upsert: true })
}
