import { asText } from './local-log'
import { patiently } from './patiently'
import type { History } from './run-history'
import { collectionsOf, type OwnedLeaf, ownedLeaves } from './subject'
import { valueIn } from './value-in'

type Doc = Record<string, unknown>
const leaves = Object.entries(ownedLeaves) as [OwnedLeaf, string][]

/** All that is wrong at rest: nothing, where both sides are the same and everybody's last word stands. */
export async function divergences(history: History): Promise<string[]> {
  return [
    ...(await wrongWith(history, history.side.ids)),
    ...unheard(history),
    ...unparted(history),
    ...(await driftOf(history)),
  ]
}

/** What reconcile finds at rest, which is nothing. */
async function driftOf(history: History): Promise<string[]> {
  const report = await patiently(async () => history.apps[1]?.reconcile())
  const found = Object.entries(report?.examples ?? {}).flatMap(([kind, ids]) => ids.map((id) => ({ kind, id })))
  if (found.length === 0) return []
  const docs = await storedDocs(history)
  return found.map(({ kind, id }) => {
    const own = docs.filter(({ clerkId }) => clerkId === id)
    return `reconcile calls ${kind}: ${id}, stored as ${asText(own)}, at Clerk ${asText(history.side.clerk.users.get(id))}`
  })
}

async function storedDocs({ world, lane, at }: History): Promise<Doc[]> {
  const users = world.database.connection.collection(collectionsOf(lane.number, at.shape).users)
  return (await patiently(() => users.find({}).toArray())) as Doc[]
}

/** All that is wrong with these users. */
export async function wrongWith(history: History, ids: readonly string[]): Promise<string[]> {
  const { side } = history
  const docs = await storedDocs(history)
  return ids.flatMap((id) => {
    const own = docs.filter(({ clerkId }) => clerkId === id)
    const user = side.clerk.users.get(id)
    const found = user ? ofLiving(history, id, own, { ...user }) : ofDeleted(own)
    return found.map((what) => `${id}: ${what}`)
  })
}

function ofLiving(history: History, id: string, own: Doc[], user: Doc): string[] {
  const [doc] = own
  if (!doc || own.length > 1) return [`is stored ${own.length} times, should be once`]
  return [...ownedOf(history, id, doc, user), ...othersOf(history, id, doc, user), ...statusOf(history, doc, user)]
}

/** What MongoDB owns: the same on both sides, and what the app wrote last. */
function ownedOf({ log, side, shape }: History, id: string, doc: Doc, user: Doc): string[] {
  const wrong = leaves.flatMap(([leaf, place]) => {
    const [here, there] = [shape.read(doc, leaf), valueIn(user, place)]
    return asText(here) === asText(there || null) || (here === 0 && there === 0)
      ? []
      : [`${leaf} is ${asText(here)}, at Clerk ${asText(there)} (${log.describe(id, leaf)})`]
  })
  const states = statesOf(side, id)
  for (const [leaf, place] of [...leaves, ['visits', ''] as const]) {
    const here = shape.read(doc, leaf)
    const isClerks = (value: unknown) =>
      (value ?? undefined) === undefined ||
      (place !== '' && states.some((state) => asText(valueIn(state, place)) === asText(value)))
    if (!log.allows(id, leaf, here, isClerks))
      wrong.push(`${leaf} is ${asText(here)}, which is not what the app wrote last (${log.describe(id, leaf)})`)
  }
  const lost = leaves.filter(([leaf]) => isLost({ log, side }, id, leaf, user))
  wrong.push(...lost.map(([leaf]) => `Clerk has no ${leaf} any more, and nobody took it away`))
  const extra = valueIn(user, 'public_metadata.limits.extra')
  if (extra !== undefined && isOwnedByNow({ log, shape }, id, doc, 'plan.limits.seats') && !isAsItWasMade(side, user))
    wrong.push(`Clerk has ${asText(extra)} within an object that MongoDB owns`)
  return wrong
}

/** A leaf, or those of the object that is owned as a whole with it. */
const ownedWith = (leaf: OwnedLeaf): readonly OwnedLeaf[] =>
  leaf.startsWith('plan.limits.') ? ['plan.limits.seats', 'plan.limits.regions'] : [leaf]

/** Whether the app perhaps wrote it. */
const isWritten = (log: History['log'], id: string, leaf: OwnedLeaf): boolean => log.hasAny(id, ownedWith(leaf))

/** Whether the app certainly wrote it where that is noticed, or what it perhaps wrote is there. Else the value may be Clerk's still. */
function isOwnedByNow({ log, shape }: Pick<History, 'log' | 'shape'>, id: string, doc: Doc, leaf: OwnedLeaf): boolean {
  const parts = ownedWith(leaf)
  return log.of(id).some(({ leaf: written, value, isCertain, isUnnoticed }) => {
    const part = parts.find((one) => one === written)
    if (part === undefined) return false
    const isThere = (value ?? undefined) !== undefined && asText(shape.read(doc, part)) === asText(value)
    return isThere || (isCertain && !isUnnoticed)
  })
}

/** A value that Clerk had, and that is gone although neither the app nor anybody at Clerk took it away. */
function isLost({ log, side }: Pick<History, 'log' | 'side'>, id: string, leaf: OwnedLeaf, user: Doc): boolean {
  const isAnyAt = (state: Doc) => ownedWith(leaf).some((one) => (valueIn(state, ownedLeaves[one]) ?? '') !== '')
  const isRemoved = ownedWith(leaf).some((one) => side.removed.has(`${id} ${one}`))
  return !isAnyAt(user) && !isWritten(log, id, leaf) && !isRemoved && statesOf(side, id).some(isAnyAt)
}

/** Every state that the user had at Clerk. */
function statesOf({ clerk }: History['side'], id: string): Doc[] {
  return clerk.events().flatMap(({ type, event }) => {
    const data = event.data as Doc
    return data.id === id && type !== 'user.deleted' ? [data] : []
  })
}

/** Whether no event of the version that Clerk has changed the document: then it was made from that, as far as the schema takes it. */
function isAsItWasMade({ clerk }: History['side'], { id, updated_at }: Doc): boolean {
  const messages = clerk.events().filter(({ event }) => {
    const data = event.data as Doc
    return data.id === id && data.updated_at === updated_at
  })
  const ids = messages.map(({ messageId }) => messageId)
  return !clerk.deliveries.some(({ messageId, response }) => ids.includes(messageId) && response?.includes('"updated"'))
}

/** What is Clerk's: as it was given there last, on both sides. */
function othersOf({ side, shape }: History, id: string, doc: Doc, user: Doc): string[] {
  const { email, firstName, other } = side.last.get(id) ?? {}
  const expected: [what: string, value: unknown, wanted: unknown][] = [
    ['firstName', shape.read(doc, 'firstName'), firstName],
    ['email', doc.email, email],
    ["Clerk's first_name", user.first_name, firstName],
    ["Clerk's e-mail address", valueIn(user, 'email_addresses.0.email_address'), email],
    ["Clerk's own metadata", valueIn(user, 'public_metadata.other'), other],
  ]
  const wrong = expected.flatMap(([what, value, wanted]) =>
    asText(value) === asText(wanted) ? [] : [`${what} is ${asText(value)}, should be ${asText(wanted)}`],
  )
  return [...wrong, ...shape.faultsOf(doc, statesOf(side, id))]
}

function statusOf({ side }: History, doc: Doc, user: Doc): string[] {
  const wrong = ['syncError', 'clerkPushToken', 'clerkPushLease', 'clerkDeletedAt']
    .filter((path) => doc[path] !== undefined && doc[path] !== null)
    .map((path) => `has ${path} = ${asText(doc[path])}`)
  if (doc.syncStatus !== 'active') wrong.push(`syncStatus is ${asText(doc.syncStatus)}`)
  const version = doc.clerkUpdatedAt instanceof Date ? doc.clerkUpdatedAt.getTime() : undefined
  const isComplete = !side.clerk.events().some(({ state }) => state === 'lost')
  if (isComplete && version !== user.updated_at) wrong.push(`its version is ${version}, Clerk’s ${user.updated_at}`)
  const due = doc.clerkHooksDue
  if (Array.isArray(due) && due.length > 0) wrong.push(`hooks are due: ${asText(due)}`)
  return wrong
}

function ofDeleted(own: Doc[]): string[] {
  const [doc] = own
  if (own.length > 1) return [`is deleted, and stored ${own.length} times`]
  if (!doc) return []
  const wrong: string[] = []
  if (!(doc.clerkDeletedAt instanceof Date)) wrong.push('is deleted, and its document does not say so')
  if (doc.syncStatus !== 'error' || doc.syncError !== 'deleted')
    wrong.push(`is deleted: ${asText(doc.syncStatus)}, ${asText(doc.syncError)}`)
  if (doc.clerkPushToken) wrong.push('is deleted, and still to be pushed')
  return wrong
}

/** Each deletion that was told has run its hook, also where a worker without hooks was told by Clerk's API before. */
function unparted({ side, farewells }: History): string[] {
  const told = side.clerk.events().filter(({ type, state }) => type === 'user.deleted' && state !== 'lost')
  const ids = told.map(({ event }) => String((event.data as Doc).id))
  return ids.filter((id) => !farewells.includes(id)).map((id) => `${id}: the hook of its deletion has not run`)
}

/** The last change of what is Clerk's must have been heard of by a hook, its own or a later one, unless messages were lost. */
function unheard({ side, hooks, broughtUntil }: History): string[] {
  if (side.clerk.events().some(({ state }) => state === 'lost')) return []
  return side.ids.flatMap((id) => {
    const [, ...later] = side.acts.get(id) ?? []
    const news = later.filter(({ isNews }) => isNews).at(-1)
    if (!news || news.version <= broughtUntil || !side.clerk.users.has(id)) return []
    const isHeard = hooks.some(({ userId, version }) => userId === id && version >= news.version)
    return isHeard ? [] : [`${id}: no hook has heard of the change at Clerk that made version ${news.version}`]
  })
}
