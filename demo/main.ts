import { parseArgs } from 'node:util'
import { startMongo } from '../tests/support/start-mongo'
import { demoDatabase, withoutPassword } from './database-uri'
import { createPrinter } from './print'

const usage = `A day at Clerk: signed deliveries over HTTP, into a MongoDB, with what it holds after each.

  npm run demo              plays the day, then stays up so that you can look at the data (Ctrl-C ends it)
  npm run demo -- --once    plays the day and ends: exit code 0 if MongoDB holds what it must, else 1

MONGODB_URI names a server to use. Without it one is started for the demo, and thrown away at its end.
NO_COLOR switches colours off.`

try {
  const { values } = parseArgs({ options: { once: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } })
  if (values.help) console.log(usage)
  else process.exitCode = await run(values.once ?? false)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

async function run(once: boolean): Promise<number> {
  // A signal ends the process during the demo; `exit` listeners stop what was started.
  const abort = () => process.exit(130)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, abort)
  const printer = createPrinter(process.stdout, process.env.NO_COLOR)
  const given = process.env.MONGODB_URI
  const mongo = await startMongo({ say: printer.line })
  try {
    const database = demoDatabase(mongo.uri)
    // The app reads its environment. No key is set, as the demo sends no request to the real Clerk.
    process.env.MONGODB_URI = database.uri
    process.env.CLERK_SECRET_KEY = ''
    const { openStage } = await import('./stage')
    const stage = await openStage(database, printer)
    try {
      const isRight = await stage.play()
      if (!once) {
        printer.line(`Look at the data:  mongosh '${withoutPassword(database.uri)}'  and there  db.users.find()`)
        printer.line(`Watch the sync:    ${stage.dashboard}`)
        const interruption = interrupted(abort)
        printer.line('Ctrl-C ends the demo.')
        await interruption
        printer.line()
      } else printer.line('Without --once the demo stays up, so that you can look at the data with mongosh.')
      const code = isRight ? 0 : 1
      // A server that no longer answers must not delay the exit.
      setTimeout(() => process.exit(code), 10_000).unref()
      return code
    } finally {
      await stage.close({ drop: given !== undefined && database.isOurs })
    }
  } finally {
    await mongo.stop()
  }
}

/**
 * Resolves at Ctrl-C. A terminal sends it to all its processes, and npm and tsx forward it, so it arrives several times
 * and must not end this process before the server is stopped. Only a signal a second later ends it at once.
 */
function interrupted(abort: () => void): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined
    const listen = () => {
      first ??= Date.now()
      resolve()
      if (Date.now() - first > 1_000) abort()
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, abort).on(signal, listen)
  })
}
