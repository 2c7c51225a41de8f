import { writeFileSync } from 'node:fs'
import { benches } from './benches'
import { check, store } from './check'
import { given, numberOf, wanted } from './options'

const usage = `npm run bench -- WHAT [WHAT …] [options]

  delivery        deliveries through the handler, beside handlers written by hand, interleaved in rounds
    --phase P       created, updated, stale, duplicate, mixed, deleted, forged; several times  [all]
    --handler H     ours | ours, log | ours, telemetry | ours, hooks | raw | raw, durable | tutorial | lean | lean, durable; several times  [all]
    --in-flight N   several times  [1, 8 and 64]
    --users N       users whose lives are delivered in each round  [400]
    --http          through Node's server on a port, from another process, instead of as a Fetch handler
    --stub          a server that answers at once, so that only the cost of the client is seen; also for scale-out
    --svg FILE      also draws the throughput
  verification    verifying a delivery, beside svix, standardwebhooks and @clerk/backend
  jobs            backfill and reconcile, beside a bulkWrite written by hand
    --users N       several times  [5000 and 50000; with --full 200000 as well]
  growth          deliveries with more and more stored users
    --stored N      several times  [1000, 10000 and 100000; with --full 1000000 as well]
  status          status() with more and more entries in the delivery log
    --entries N     several times  [10000 and 1000000]
  scale-out       deliveries to several handler processes
    --processes N   several times  [1, 2 and 4]
  cold-start      importing each subpath of the built package
  interrupted     backfills users of a fake Clerk while webhooks come in, in a process with a small heap that is killed twice
                  on its way, and has reconcile say whether anything is missing
    --users N       several times  [5000 and 50000]
    --organizations N --memberships N
                    the same of users, organizations and memberships, which change meanwhile  [0]
    --heap N        in MiB  [96]
  deletion        deletes a user, and an organization, with many memberships, and kills the handler on its way
    --memberships N [10000]

npm run bench -- --check  compares ratios, measured on the stub server, with those of bench/ratios.json, and fails if one is worse
npm run bench -- --store  measures and stores them

  --rounds N      how often each is repeated
  --json          one line of JSON for each figure instead of a table

MONGODB_URI names a server to use; without it one is started.`

const unknown = wanted.filter((name) => !(name in benches))
if (given.help) console.log(usage)
else if (given.store) console.table(await store(numberOf('rounds', 7)))
else if (given.check) await checkRatios()
else if (wanted.length > 0 && unknown.length === 0) for (const name of wanted) await run(name)
else {
  for (const name of unknown) console.error(`There is no measurement called ${name}.\n`)
  console.log(usage)
  process.exitCode = 1
}

async function checkRatios(): Promise<void> {
  const checked = await check(numberOf('rounds', 5))
  console.table(checked)
  const worse = checked.filter(({ isWorse }) => isWorse)
  for (const { figure, now, atMost } of worse) console.error(`${figure}: ${now}, and at most ${atMost} is accepted.`)
  if (worse.length > 0) process.exitCode = 1
}

async function run(name: string): Promise<void> {
  for await (const { figures, table, svg, isWrong } of benches[name]?.() ?? []) {
    if (given.json) for (const one of figures) console.log(JSON.stringify({ bench: name, ...one }))
    else console.table(table)
    if (given.svg !== undefined && svg !== undefined) writeFileSync(given.svg, svg)
    if (isWrong) process.exitCode = 1
  }
}
