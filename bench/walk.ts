import { Session } from 'node:inspector/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { startMongo } from '../tests/support/start-mongo'

const usage = `Prints the source files and the named functions that a delivery runs through, in the order of their folders.

  npm run walk               a sign-up, a change and a deletion, in numbers
  npm run walk -- updated    the files and functions of one: created, updated or deleted
  npm run walk -- --json     one line of JSON a delivery

The handler has answered one delivery of each type before, so that what happens once a process is not counted. Files in which only functions
without a name ran, such as wrappers of options, are listed apart.`

/** What stands for functions without a name. */
const ARROW = '(arrow functions)'
const signingSecret = `whsec_${Buffer.from('for the walk alone').toString('base64')}`
const kinds = ['created', 'updated', 'deleted'] as const
type Kind = (typeof kinds)[number]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
})
const [asked] = positionals
if (values.help) console.log(usage)
else if (asked !== undefined && !kinds.includes(asked as Kind)) {
  console.error(`There is no delivery called ${asked}: created, updated or deleted.`)
  process.exitCode = 1
} else await walk()

async function walk(): Promise<void> {
  const mongo = await startMongo()
  try {
    await mongoose.connect(mongo.uri, { dbName: 'walk' })
    await mongoose.connection.db?.dropDatabase()
    const deliver = await openApp()
    const session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
    const [before, measured] = [requests(), requests()]
    await deliverAll(deliver, before, async () => {})
    await session.post('Profiler.takePreciseCoverage')
    await deliverAll(deliver, measured, async (kind) => {
      const { result } = await session.post('Profiler.takePreciseCoverage')
      print(kind, functionsIn(result))
    })
  } finally {
    await mongoose.disconnect()
    await mongo.stop()
  }
}

type Deliver = (request: Request) => Promise<void>

/** The handler of an app with the plugin's defaults. */
async function openApp(): Promise<Deliver> {
  const schema = new mongoose.Schema({ email: String, firstName: String, lastName: String })
  schema.plugin(clerkSyncPlugin)
  const users = clerkModel('WalkUser', schema)
  await users.init()
  const { handler } = createClerkSync({ users, signingSecret, logger: false })
  return async (request) => {
    const response = await handler(request)
    if (!response.ok) throw new Error(`answered ${response.status}: ${await response.text()}`)
  }
}

/** Signed beforehand: the sender is not part of the walk. */
function requests(): Record<Kind, Request> {
  const user = fixtures.user()
  const signed = (event: Parameters<typeof signClerkWebhook>[0]) => {
    const { headers, body } = signClerkWebhook(event, { signingSecret })
    return new Request('http://localhost/', { method: 'POST', headers, body })
  }
  return {
    created: signed(fixtures.userCreated(user)),
    updated: signed(fixtures.userUpdated(user, { first_name: 'Another' })),
    deleted: signed(fixtures.userDeleted(user)),
  }
}

async function deliverAll(
  deliver: Deliver,
  requests: Record<Kind, Request>,
  delivered: (kind: Kind) => Promise<void>,
): Promise<void> {
  for (const kind of kinds) {
    await deliver(requests[kind])
    await delivered(kind)
  }
}

interface Script {
  url: string
  functions: { functionName: string; ranges: { count: number }[] }[]
}

/** The functions that were called, by file below `src`. */
function functionsIn(scripts: readonly Script[]): Map<string, string[]> {
  const src = fileURLToPath(new URL('../src/', import.meta.url))
  const called = scripts.flatMap(({ url, functions }): [string, string[]][] => {
    const path = url.startsWith('file://') ? relative(src, fileURLToPath(url)) : '..'
    const names = functions
      .filter(({ functionName, ranges }) => functionName !== '__name' && ranges[0]?.count)
      .map((one) => one.functionName || ARROW)
    return path.startsWith('..') || path.startsWith('testing') || names.length === 0 ? [] : [[path, names]]
  })
  return new Map(called.sort(([one], [other]) => (one < other ? -1 : 1)))
}

function print(kind: Kind, byFile: ReadonlyMap<string, string[]>): void {
  const named = [...byFile].map(([file, names]) => [file, names.filter((name) => name !== ARROW)] as const)
  const files = named.filter(([, names]) => names.length > 0)
  const others = named.filter(([, names]) => names.length === 0).map(([file]) => file)
  const functions = files.flatMap(([, names]) => names).length
  if (values.json) {
    const counts = { kind, files: files.length, functions, byFile: Object.fromEntries(files), others }
    console.log(JSON.stringify(counts))
    return
  }
  if (asked !== undefined && asked !== kind) return
  if (asked) for (const [file, names] of files) console.log(`${file}\n  ${names.join(', ')}`)
  const rest =
    others.length > 0 ? `; arrow functions alone in ${asked ? others.join(', ') : `${others.length} more`}` : ''
  console.log(`${asked ? '' : `${kind}: `}${files.length} files, ${functions} named functions${rest}`)
}
