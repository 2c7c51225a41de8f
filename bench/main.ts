import { parseArgs } from 'node:util'
import { startMongo } from '../tests/support/start-mongo'
import { benchBackfill } from './backfill/bench-backfill'
import { benchDeletion, type DeletionFigures } from './deletion/bench-deletion'

const usage = `Backfills users of a fake Clerk while webhooks come in, in a process with a small heap that is killed twice on its way,
and has reconcile say whether anything is missing. Prints the figures as a table.

  npm run bench                                5,000 and 50,000 users, a heap of 96 MiB
  npm run bench -- --users 1000 --heap 64      other figures; --users may be given several times
  npm run bench -- --users 2000 --organizations 1000 --memberships 10000
                                               the same of users, organizations and memberships, which change meanwhile
  npm run bench -- --deletion 10000            instead deletes a user, and an organization, with so many memberships,
                                               and kills the handler on its way
  npm run bench -- --json                      one line of JSON a measurement

MONGODB_URI names a server to use; without it one is started.`

const { values } = parseArgs({
  options: {
    users: { type: 'string', multiple: true, default: ['5000', '50000'] },
    organizations: { type: 'string', default: '0' },
    memberships: { type: 'string', default: '0' },
    deletion: { type: 'string' },
    heap: { type: 'string', default: '96' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help) console.log(usage)
else {
  const mongo = await startMongo()
  try {
    if (values.deletion === undefined) await backfills(mongo.uri)
    else await deletions(mongo.uri, Number(values.deletion))
  } finally {
    await mongo.stop()
  }
}

async function backfills(mongoUri: string): Promise<void> {
  const [organizations, memberships, heap] = [values.organizations, values.memberships, values.heap].map(Number)
  for (const users of values.users.map(Number)) {
    const size = { users, organizations: organizations ?? 0, memberships: memberships ?? 0, heap: heap ?? 0 }
    const figures = await benchBackfill({ ...size, mongoUri })
    print(figures, figures)
    if (figures.drift !== 0) process.exitCode = 1
  }
}

async function deletions(mongoUri: string, memberships: number): Promise<void> {
  const all: DeletionFigures[] = []
  for (const owner of ['user', 'organization'] as const) {
    for (const ending of ['atOnce', 'redelivery', 'reconcile'] as const) {
      const figures = await benchDeletion({ owner, ending, memberships, mongoUri })
      all.push(figures)
      if (values.json) print(figures, figures)
      if (figures.alive !== 0) process.exitCode = 1
    }
  }
  if (!values.json) print(all, all)
}

function print(line: object, table: object): void {
  if (values.json) console.log(JSON.stringify(line))
  else console.table(table)
}
