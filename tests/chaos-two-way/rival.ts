import { buffer } from 'node:stream/consumers'
import { type Served, serve } from '../support/serve'
import { patiently } from './patiently'
import { calmDown } from './rest'
import type { History } from './run-history'
import { type AppModel, appOf, collectionsOf, modelOf, type OwnedLeaf, ownedLeaves, startWorker } from './subject'
import { valueIn } from './value-in'

type Doc = Record<string, unknown>

/** Two sides write another value each, of the same user. */
export interface Quarrel {
  who: number
  leaf: Extract<OwnedLeaf, 'theme' | 'lastName' | 'plan.tier' | 'account.notes'>
}

/**
 * A colleague starts the same app with a database of its own on the same instance, and both push. Resolves to what is wrong once they
 * have come to rest: of each quarrel one side has given in, visibly, and Clerk has the other's value; nothing else moved.
 */
export async function quarrel(history: History): Promise<string[]> {
  const { world, lane, side, at, plot } = history
  const connection = world.database.connection.useDb(`rival_${lane.number}`, { useCache: true })
  const rival = modelOf(lane.library, connection, lane.number, at.shape)
  await patiently(() => rival.init())
  for (const name of Object.values(collectionsOf(lane.number, at.shape)))
    await patiently(() => connection.collection(name).deleteMany({}))
  const app = appOf(lane.library, rival, at)
  const relay = await tellBoth(lane.url, app.handler)
  side.clerk.deliverTo(relay.url)
  await patiently(() => app.backfill())
  const stopWorker = startWorker(lane.library, connection, lane.number, at)
  history.others.push(rival)
  try {
    const quarrels = await begin(history, rival, plot.quarrels)
    world.figures.quarrels += quarrels.size
    const unrest = await calmDown(history)
    return [...unrest, ...(await wrongAfter(history, rival, quarrels))]
  } finally {
    history.others.length = 0
    await stopWorker()
    side.clerk.deliverTo(lane.url)
    await relay.close()
  }
}

/** An endpoint that is content when both are. */
function tellBoth(url: string, handler: (request: Request) => Promise<Response>): Promise<Served> {
  return serve(async (request, response) => {
    const body = await buffer(request)
    const headers = { ...request.headers } as Record<string, string>
    delete headers['content-length']
    const init = { method: 'POST', headers, body }
    const main = fetch(url, init).then(
      async (answer) => ({ status: answer.status, text: await answer.text() }),
      () => ({ status: 503, text: '' }),
    )
    const [{ status, text }, other] = await Promise.all([main, handler(new Request(url, init))])
    response.writeHead(Math.max(status, other.status)).end(text)
  })
}

/** @returns the leaves they are about, by user. */
async function begin(
  { side, models, shape }: History,
  rival: AppModel,
  quarrels: readonly Quarrel[],
): Promise<Map<string, Set<OwnedLeaf>>> {
  const alive = side.ids.filter((id) => side.clerk.users.has(id))
  const byUser = new Map<string, Set<OwnedLeaf>>()
  if (alive.length === 0) return byUser
  for (const [n, { who, leaf }] of quarrels.entries()) {
    const clerkId = alive[who % alive.length] as string
    const write = (model: AppModel | undefined, value: string) =>
      patiently(async () => model?.updateOne({ clerkId }, { $set: shape.pathsOf({ [leaf]: value }, n) }))
    // A document that the app has archived, it does not find itself.
    if (!(await write(models[0], `ours ${n}`))?.matchedCount) continue
    await write(rival, `theirs ${n}`)
    byUser.set(clerkId, (byUser.get(clerkId) ?? new Set()).add(leaf))
  }
  return byUser
}

async function wrongAfter(
  { models, shape, side }: History,
  rival: AppModel,
  quarrels: ReadonlyMap<string, ReadonlySet<OwnedLeaf>>,
): Promise<string[]> {
  const read = async (model: AppModel | undefined, clerkId: string) =>
    ((await patiently(async () => model?.collection.findOne({ clerkId }))) ?? {}) as Doc
  const wrong: string[] = []
  for (const id of side.ids.filter((one) => side.clerk.users.has(one))) {
    const user = { ...side.clerk.users.get(id) }
    const docs = [await read(models[0], id), await read(rival, id)]
    const contested = docs.filter(({ syncError }) => syncError === 'push_contested')
    const content = docs.filter((doc) => !contested.includes(doc))
    const expected = quarrels.has(id) ? 1 : 0
    if (contested.length !== expected)
      wrong.push(
        `${id}: ${contested.length} sides call a value contested, should be ${expected}: ${JSON.stringify(docs)}`,
      )
    for (const doc of content) {
      const differing = (Object.keys(ownedLeaves) as OwnedLeaf[]).filter(
        (leaf) => String(shape.read(doc, leaf) ?? '') !== String(valueIn(user, ownedLeaves[leaf]) ?? ''),
      )
      for (const leaf of differing)
        wrong.push(`${id}: ${leaf} is ${shape.read(doc, leaf)} in a database that is content, and differs at Clerk`)
      if (doc.syncStatus !== 'active') wrong.push(`${id}: ${doc.syncStatus} ${doc.syncError}, though it is content`)
    }
  }
  return wrong.map((what) => `after a quarrel with another database, ${what}`)
}
