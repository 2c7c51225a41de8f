import { buffer } from 'node:stream/consumers'
import { type Served, serve } from '../support/serve'
import { waitAndWatch } from './rest'
import { retryUntilDone } from './retry-until-done'
import type { History } from './run-history'
import { type AppModel, appOf, collectionsOf, modelOf, type OwnedLeaf, ownedLeaves, startWorker } from './subject'
import { valueIn } from './value-in'

type Doc = Record<string, unknown>

/** Two databases write different values for the same user. */
export interface Dispute {
  who: number
  leaf: Extract<OwnedLeaf, 'theme' | 'lastName' | 'plan.tier' | 'account.notes'>
}

/**
 * Starts the same app with another database on the same instance, and both push. Resolves to what is wrong after all work is
 * done: in each dispute one database must show `push_contested`, and Clerk must have the value of the other.
 */
export async function runDisputes(history: History): Promise<string[]> {
  const { world, lane, side, at, plot } = history
  const connection = world.database.connection.useDb(`other_${lane.number}`, { useCache: true })
  const otherModel = modelOf(lane.library, connection, lane.number, at.shape)
  await retryUntilDone(() => otherModel.init())
  for (const name of Object.values(collectionsOf(lane.number, at.shape)))
    await retryUntilDone(() => connection.collection(name).deleteMany({}))
  const app = appOf(lane.library, otherModel, at)
  const relay = await relayToBoth(lane.url, app.handler)
  side.clerk.deliverTo(relay.url)
  await retryUntilDone(() => app.backfill())
  const stopWorker = startWorker(lane.library, connection, lane.number, at)
  history.others.push(otherModel)
  try {
    const disputes = await writeDisputes(history, otherModel, plot.disputes)
    world.figures.disputes += disputes.size
    const activity = await waitAndWatch(history)
    return [...activity, ...(await wrongAfter(history, otherModel, disputes))]
  } finally {
    history.others.length = 0
    await stopWorker()
    side.clerk.deliverTo(lane.url)
    await relay.close()
  }
}

/** An endpoint that forwards to both apps, and answers with the higher status. */
function relayToBoth(url: string, handler: (request: Request) => Promise<Response>): Promise<Served> {
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

/** Writes the different values. @returns the leaves by user. */
async function writeDisputes(
  { side, models, shape }: History,
  otherModel: AppModel,
  disputes: readonly Dispute[],
): Promise<Map<string, Set<OwnedLeaf>>> {
  const alive = side.ids.filter((id) => side.clerk.users.has(id))
  const byUser = new Map<string, Set<OwnedLeaf>>()
  if (alive.length === 0) return byUser
  for (const [n, { who, leaf }] of disputes.entries()) {
    const clerkId = alive[who % alive.length] as string
    const write = (model: AppModel | undefined, value: string) =>
      retryUntilDone(async () => model?.updateOne({ clerkId }, { $set: shape.pathsOf({ [leaf]: value }, n) }))
    // The app does not find a document that it archived.
    if (!(await write(models[0], `ours ${n}`))?.matchedCount) continue
    await write(otherModel, `theirs ${n}`)
    byUser.set(clerkId, (byUser.get(clerkId) ?? new Set()).add(leaf))
  }
  return byUser
}

async function wrongAfter(
  { models, shape, side }: History,
  otherModel: AppModel,
  disputes: ReadonlyMap<string, ReadonlySet<OwnedLeaf>>,
): Promise<string[]> {
  const read = async (model: AppModel | undefined, clerkId: string) =>
    ((await retryUntilDone(async () => model?.collection.findOne({ clerkId }))) ?? {}) as Doc
  const wrong: string[] = []
  for (const id of side.ids.filter((one) => side.clerk.users.has(one))) {
    const user = { ...side.clerk.users.get(id) }
    const docs = [await read(models[0], id), await read(otherModel, id)]
    const contested = docs.filter(({ syncError }) => syncError === 'push_contested')
    const satisfied = docs.filter((doc) => !contested.includes(doc))
    const expected = disputes.has(id) ? 1 : 0
    if (contested.length !== expected)
      wrong.push(
        `${id}: ${contested.length} databases have push_contested, should be ${expected}: ${JSON.stringify(docs)}`,
      )
    for (const doc of satisfied) {
      const differing = (Object.keys(ownedLeaves) as OwnedLeaf[]).filter(
        (leaf) => String(shape.read(doc, leaf) ?? '') !== String(valueIn(user, ownedLeaves[leaf]) ?? ''),
      )
      for (const leaf of differing)
        wrong.push(
          `${id}: ${leaf} is ${shape.read(doc, leaf)} in a database without push_contested, and differs at Clerk`,
        )
      if (doc.syncStatus !== 'active') wrong.push(`${id}: ${doc.syncStatus} ${doc.syncError}, without push_contested`)
    }
  }
  return wrong.map((what) => `after a dispute with another database, ${what}`)
}
