import { inspect } from 'node:util'
import type { Command } from 'commander'
import { withExamples, withJson } from '../project/common-options'
import { aborted, type ExitCode, exitCodes, type Io } from '../terminal/io'
import { runCommand } from '../terminal/run-command'
import { findMongo, type TourDatabase, withoutPassword } from '../tour/find-mongo'
import { openApp, type TourApp } from '../tour/open-app'
import { type Scene, scenes } from '../tour/scenes'
import { listenForKeys } from './fake-clerk-keys'
import { logDeliveries } from './fake-clerk-log'

/** Adds `tour`, which demonstrates the package locally. */
export function addTour(program: Command, io: Io): void {
  const command = program
    .command('tour')
    .summary('a demonstration with a fake Clerk and your MongoDB, in a minute')
    .description(
      'Runs a small app with this package and a fake Clerk: a backfill, a sign-up, a change, a late delivery, an ' +
        'organization with a member, and a deletion, each through the real handler, and prints what MongoDB stores after it. Needs no account. Empties and uses the database ' +
        'clerk_tour on the server in MONGODB_URI, else at localhost:27017, else one started with mongodb-memory-server-core, if ' +
        'that is installed.',
    )
    .action(runCommand(io, () => tour(io)))
  withExamples(withJson(command), [['tour', 'run the demonstration']])
}

async function tour(io: Io): Promise<ExitCode> {
  const database = await findMongo(io)
  try {
    const app = await openApp(database.uri)
    try {
      await show(io, database, app)
      if (io.isInteractive) await stayUp(io, database, app)
    } finally {
      await app.close()
    }
  } finally {
    await database.stop()
  }
  return exitCodes.fine
}

async function show(io: Io, database: TourDatabase, app: TourApp): Promise<void> {
  const shown = withoutPassword(database.uri)
  io.out(`MongoDB  ${shown} (${database.where})`)
  io.out(`Clerk    a fake Clerk at ${app.clerk.url}`)
  io.out(`The app  ${app.endpoint}`)
  const shownScenes: Scene[] = []
  for await (const scene of scenes(app)) {
    shownScenes.push(scene)
    print(io, scene)
  }
  const [users, active] = await Promise.all([
    app.users.countDocuments(),
    app.users.countDocuments({ clerkDeletedAt: { $exists: false } }),
  ])
  io.out(`\n${io.colors.bold(`MongoDB has ${users} users, ${active} of them active.`)}`)
  const isThere = database.isKept || io.isInteractive
  if (isThere) io.out(`  ${inspectCommand(database.uri)}`)
  else io.out('This MongoDB and its users are removed now. In a terminal they stay until Ctrl-C.')
  io.out('For your own app:\n  npx clerk-mongo-sync init')
  io.result({ uri: shown, users, active, scenes: shownScenes })
}

/** A command to paste, without a password. */
function inspectCommand(uri: string): string {
  if (withoutPassword(uri) === uri) return `mongosh '${uri}' --eval 'db.users.find()'`
  return `mongosh "$MONGODB_URI" --eval 'db.getSiblingDB("clerk_tour").users.find()'`
}

function print(io: Io, { title, what, stored }: Scene): void {
  io.out(`\n${io.colors.bold(title)}`)
  io.out(`  ${io.colors.green(what)}`)
  const text = inspect(stored, { colors: false, breakLength: 100, compact: true })
  io.out(Object.keys(stored).length === 0 ? '  (nothing)' : `  ${text.replaceAll('\n', '\n  ')}`)
}

/** Keeps everything running until Ctrl-C, with the keys of fake-clerk. */
async function stayUp(io: Io, { isKept }: TourDatabase, { clerk }: TourApp): Promise<void> {
  const signal = io.stopSignal(isKept ? 'The users stay in clerk_tour.' : 'This MongoDB and its users are removed.')
  const stopKeys = listenForKeys(io, clerk)
  const stopLog = logDeliveries(io, clerk, clerk.deliveries.length)
  await aborted(signal)
  stopKeys()
  stopLog()
}
