import { parseArgs } from 'node:util'
import { startMongo } from '../tests/support/start-mongo'
import { benchBackfill } from './backfill/bench-backfill'
import { benchDeletion, type DeletionFigures } from './deletion/bench-deletion'
import { benchDelivery, deliveryRow } from './delivery/bench-delivery'
import { type Phase, phases } from './delivery/deliveries'

const usage = `npm run bench -- WHAT [options]

  delivery        deliveries through the handler, beside handlers written by hand, interleaved in rounds
    --phase P       ${phases.join(', ')}; several times  [all]
    --handler H     ours | ours, log | ours, hooks | raw | raw, durable | tutorial | lean | lean, durable; several times  [all]
    --in-flight N   several times  [1, 8 and 64]
    --users N       users whose lives are delivered in each round  [400]
    --rounds N      [5]
    --http          through Node's server on a port, from another process, instead of as a Fetch handler
  interrupted     backfills users of a fake Clerk while webhooks come in, in a process with a small heap that is killed twice
                  on its way, and has reconcile say whether anything is missing
    --users N       several times  [5000 and 50000]
    --organizations N --memberships N
                    the same of users, organizations and memberships, which change meanwhile  [0]
    --heap N        in MiB  [96]
  deletion        deletes a user, and an organization, with many memberships, and kills the handler on its way
    --memberships N [10000]

  --stub          for delivery: a server that answers at once, so that only the cost of the client is seen
  --json          one line of JSON a measurement

MONGODB_URI names a server to use; without it one is started.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    phase: { type: 'string', multiple: true, default: [...phases] },
    handler: { type: 'string', multiple: true },
    'in-flight': { type: 'string', multiple: true, default: ['1', '8', '64'] },
    rounds: { type: 'string', default: '5' },
    http: { type: 'boolean', default: false },
    users: { type: 'string', multiple: true },
    organizations: { type: 'string', default: '0' },
    memberships: { type: 'string' },
    heap: { type: 'string', default: '96' },
    stub: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
})
const users = (standard: number[]): number[] => values.users?.map(Number) ?? standard

const benches: Record<string, () => Promise<void>> = {
  delivery: deliveries,
  interrupted: () => withMongo(interrupted),
  deletion: () => withMongo(deletions),
}
const bench = benches[positionals[0] ?? '']
if (bench && !values.help) await bench()
else {
  console.log(usage)
  if (!values.help) process.exitCode = 1
}

async function deliveries(): Promise<void> {
  const handlers = ['ours', 'ours, log', 'ours, hooks', 'raw', 'raw, durable', 'tutorial', 'lean', 'lean, durable']
  const figures = await benchDelivery({
    isStub: values.stub,
    via: values.http ? 'http' : 'fetch',
    subjects: values.handler ?? handlers,
    phases: values.phase as Phase[],
    inFlight: values['in-flight'].map(Number),
    users: users([400])[0] ?? 400,
    rounds: Number(values.rounds),
  })
  print(figures, figures.map(deliveryRow))
}

async function withMongo(run: (uri: string) => Promise<void>): Promise<void> {
  const mongo = await startMongo()
  try {
    await run(mongo.uri)
  } finally {
    await mongo.stop()
  }
}

async function interrupted(mongoUri: string): Promise<void> {
  const [organizations, memberships, heap] = [values.organizations, values.memberships ?? 0, values.heap].map(Number)
  for (const each of users([5_000, 50_000])) {
    const size = { users: each, organizations: organizations ?? 0, memberships: memberships ?? 0, heap: heap ?? 0 }
    const figures = await benchBackfill({ ...size, mongoUri })
    print([figures], figures)
    if (figures.drift !== 0) process.exitCode = 1
  }
}

async function deletions(mongoUri: string): Promise<void> {
  const memberships = Number(values.memberships ?? 10_000)
  const all: DeletionFigures[] = []
  for (const owner of ['user', 'organization'] as const) {
    for (const ending of ['atOnce', 'redelivery', 'reconcile'] as const) {
      const figures = await benchDeletion({ owner, ending, memberships, mongoUri })
      all.push(figures)
      if (values.json) print([figures], figures)
      if (figures.alive !== 0) process.exitCode = 1
    }
  }
  if (!values.json) print(all, all)
}

function print(lines: readonly object[], table: object): void {
  if (values.json) for (const line of lines) console.log(JSON.stringify(line))
  else console.table(table)
}
