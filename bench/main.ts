import { parseArgs } from 'node:util'
import { startMongo } from '../tests/support/start-mongo'
import { benchBackfill } from './backfill/bench-backfill'

const usage = `Backfills users of a fake Clerk while webhooks come in, in a process with a small heap that is killed twice on its way,
and has reconcile say whether anything is missing. Prints the figures as a table.

  npm run bench                                5,000 and 50,000 users, a heap of 96 MiB
  npm run bench -- --users 1000 --heap 64      other figures; --users may be given several times
  npm run bench -- --json                      one line of JSON a size

MONGODB_URI names a server to use; without it one is started.`

const { values } = parseArgs({
  options: {
    users: { type: 'string', multiple: true, default: ['5000', '50000'] },
    heap: { type: 'string', default: '96' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help) console.log(usage)
else {
  const mongo = await startMongo()
  try {
    for (const users of values.users.map(Number)) {
      const figures = await benchBackfill({ users, heap: Number(values.heap), mongoUri: mongo.uri })
      if (values.json) console.log(JSON.stringify(figures))
      else console.table(figures)
      if (figures.drift !== 0) process.exitCode = 1
    }
  } finally {
    await mongo.stop()
  }
}
