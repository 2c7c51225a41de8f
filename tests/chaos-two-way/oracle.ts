import { asText } from './local-log'
import { retryUntilDone } from './retry-until-done'
import type { History } from './run-history'
import { collectionsOf, type OwnedLeaf, ownedLeaves } from './subject'
import { valueIn } from './value-in'

type Doc = Record<string, unknown>
const leaves = Object.entries(ownedLeaves) as [OwnedLeaf, string][]

/** Everything that is wrong after all work is done: empty if both sides are equal and have the last values written. */
export async function divergences(history: History): Promise<string[]> {
  return [
    ...(await wrongWith(history, history.side.ids)),
    ...missingUpdateHooks(history),
    ...missingDeletionHooks(history),
    ...(await driftOf(history)),
  ]
}

/** Drift that reconcile reports after all work is done; expected to be empty. */
async function driftOf(history: History): Promise<string[]> {
  const report = await retryUntilDone(async () => history.apps[1]?.reconcile())
  const found = Object.entries(report?.examples ?? {}).flatMap(([kind, ids]) => ids.map((id) => ({ kind, id })))
  if (found.length === 0) return []
  const docs = await storedDocs(history)
  return found.map(({ kind, id }) => {
    const own = docs.filter(({ clerkId }) => clerkId === id)
    return `reconcile reports ${kind}: ${id}, stored as ${asText(own)}, at Clerk ${asText(history.side.clerk.users.get(id))}`
  })
}

async function storedDocs({ world, lane, at }: History): Promise<Doc[]> {
  const users = world.database.connection.collection(collectionsOf(lane.number, at.shape).users)
  return (await retryUntilDone(() => users.find({}).toArray())) as Doc[]
}

/** Everything that is wrong with these users. */
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

/** Owned values must be equal on both sides, and as the app wrote them last. */
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
  wrong.push(...lost.map(([leaf]) => `Clerk has no ${leaf} any more, although nothing removed it`))
  const extra = valueIn(user, 'public_metadata.limits.extra')
  if (extra !== undefined && isOwnedByNow({ log, shape }, id, doc, 'plan.limits.seats') && !isAsItWasMade(side, user))
    wrong.push(`Clerk has ${asText(extra)} within an object that MongoDB owns`)
  return wrong
}

/** A leaf, or all leaves of the owned object that contains it. */
const ownedWith = (leaf: OwnedLeaf): readonly OwnedLeaf[] =>
  leaf.startsWith('plan.limits.') ? ['plan.limits.seats', 'plan.limits.regions'] : [leaf]

/** Whether the app wrote it, or may have written it. */
const isWritten = (log: History['log'], id: string, leaf: OwnedLeaf): boolean => log.hasAny(id, ownedWith(leaf))

/** Whether a recorded write is certain, or an uncertain one is in the document. Otherwise the value of Clerk may still be there. */
function isOwnedByNow({ log, shape }: Pick<History, 'log' | 'shape'>, id: string, doc: Doc, leaf: OwnedLeaf): boolean {
  const parts = ownedWith(leaf)
  return log.of(id).some(({ leaf: written, value, isCertain, isUnnoticed }) => {
    const part = parts.find((one) => one === written)
    if (part === undefined) return false
    const isThere = (value ?? undefined) !== undefined && asText(shape.read(doc, part)) === asText(value)
    return isThere || (isCertain && !isUnnoticed)
  })
}

/** Whether a value of Clerk disappeared that neither the app nor a change at Clerk removed. */
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

/** Whether no event of the current version updated the document: then the document was created from that version. */
function isAsItWasMade({ clerk }: History['side'], { id, updated_at }: Doc): boolean {
  const messages = clerk.events().filter(({ event }) => {
    const data = event.data as Doc
    return data.id === id && data.updated_at === updated_at
  })
  const ids = messages.map(({ messageId }) => messageId)
  return !clerk.deliveries.some(({ messageId, response }) => ids.includes(messageId) && response?.includes('"updated"'))
}

/** Values that Clerk owns must be equal on both sides, and as they were set last. */
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
  if (!(doc.clerkDeletedAt instanceof Date)) wrong.push('is deleted, but its document is not marked as deleted')
  if (doc.syncStatus !== 'error' || doc.syncError !== 'deleted')
    wrong.push(`is deleted: ${asText(doc.syncStatus)}, ${asText(doc.syncError)}`)
  if (doc.clerkPushToken) wrong.push('is deleted, but still due to be pushed')
  return wrong
}

/** Each delivered deletion must have run its hook, even if a worker without hooks applied it first. */
function missingDeletionHooks({ side, deletionHooks }: History): string[] {
  const deletions = side.clerk.events().filter(({ type, state }) => type === 'user.deleted' && state !== 'lost')
  const ids = deletions.map(({ event }) => String((event.data as Doc).id))
  return ids.filter((id) => !deletionHooks.includes(id)).map((id) => `${id}: the hook of its deletion has not run`)
}

/** A hook must have run for the last change by Clerk, or for a later version, unless messages were lost. */
function missingUpdateHooks({ side, hooks, backfilledUntil }: History): string[] {
  if (side.clerk.events().some(({ state }) => state === 'lost')) return []
  return side.ids.flatMap((id) => {
    const [, ...later] = side.clerkChanges.get(id) ?? []
    const relevant = later.filter(({ affectsApp }) => affectsApp).at(-1)
    if (!relevant || relevant.version <= backfilledUntil || !side.clerk.users.has(id)) return []
    const hasHook = hooks.some(({ userId, version }) => userId === id && version >= relevant.version)
    return hasHook ? [] : [`${id}: no hook ran for the change at Clerk with version ${relevant.version}`]
  })
}
