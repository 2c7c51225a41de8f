import type { ClerkUserJSON } from 'clerk-mongo-sync'
import type { Connection } from 'mongoose'
import type { History } from './clerk'
import { collectionsOf, type Endpoint, type Setting } from './subject'

type Doc = Record<string, unknown>

const STARTED = Date.now()

/** The contents of the database after a history, for one model. */
export interface Found {
  users: Doc[]
  tombstones: Doc[]
  deliveries: Doc[]
}

export async function readStored(
  connection: Connection,
  schema: Setting['schema'],
  endpoint: Endpoint,
): Promise<Found> {
  const names = collectionsOf(schema, endpoint)
  const all = (name: string) => connection.collection(name).find({}).sort({ _id: 1 }).toArray() as Promise<Doc[]>
  const [users, tombstones, deliveries] = await Promise.all([names.users, names.tombstones, names.deliveries].map(all))
  return { users: users ?? [], tombstones: tombstones ?? [], deliveries: deliveries ?? [] }
}

/** What is wrong with it: empty if every user is stored once with the right values, and nothing else is stored. */
export function divergences(found: Found, history: History, setting: Setting, locals: readonly Doc[]): string[] {
  const wrong: string[] = []
  const localNames = new Set(locals.map(({ username }) => username))
  const byId = new Map<string, Doc[]>()
  for (const doc of found.users) {
    if (doc.clerkId !== undefined) byId.set(String(doc.clerkId), [...(byId.get(String(doc.clerkId)) ?? []), doc])
  }
  for (const [id, user] of history.live) {
    const docs = byId.get(id) ?? []
    if (docs.length !== 1) wrong.push(`${id} is stored ${docs.length} times, should be once`)
    for (const doc of docs) wrong.push(...wrongUser(doc, user, setting, localNames))
  }
  for (const [id, at] of history.deleted) {
    const docs = byId.get(id) ?? []
    if (docs.length > (setting.onDelete === 'hard' ? 0 : 1))
      wrong.push(`${id} is deleted, and stored ${docs.length} times`)
    for (const doc of docs) wrong.push(...wrongDeletion(doc, at, setting))
    if (!found.tombstones.some(({ _id }) => _id === id)) wrong.push(`${id} is deleted and has no tombstone`)
  }
  for (const id of byId.keys())
    if (!history.live.has(id) && !history.deleted.has(id)) wrong.push(`${id} is stored, but Clerk never had it`)
  for (const { _id } of found.tombstones)
    if (!history.deleted.has(String(_id))) wrong.push(`${_id} has a tombstone, but is active`)
  wrong.push(...wrongLocals(found, locals))
  return wrong
}

const ownKeys = new Set(
  '_id __v clerkId authProvider syncStatus lastClerkSync clerkUpdatedAt email username firstName lastName imageUrl plan'.split(
    ' ',
  ),
)

function wrongUser(doc: Doc, user: ClerkUserJSON, setting: Setting, localNames: ReadonlySet<unknown>): string[] {
  const email = user.email_addresses?.[0]?.email_address
  const tail = user.id.slice(-8)
  const bare = user.id.replace(/^user_/, '')
  const placeholder = `${user.id}@placeholder.invalid`
  const noEmail = { sparse: undefined, requiredEmail: placeholder.toLowerCase(), requiredBoth: placeholder }[
    setting.schema
  ]
  const noName = setting.schema === 'requiredBoth' ? [`user_${tail}`, `user_${bare}`] : [undefined]
  const { username } = user
  const names = localNames.has(username) ? [`${username}_${tail}`, `${username}_${bare}`] : [username]
  const expected: Record<string, unknown[]> = {
    email: [email ?? noEmail],
    username: username ? names : noName,
    firstName: [user.first_name ?? undefined],
    lastName: [user.last_name ?? undefined],
    imageUrl: [user.image_url],
    plan: ['free'],
    authProvider: ['clerk'],
    syncStatus: ['active'],
    clerkUpdatedAt: [user.updated_at],
  }
  const wrong = Object.entries(expected).flatMap(([path, values]) => {
    const stored = doc[path] instanceof Date ? doc[path].getTime() : doc[path]
    return values.includes(stored) ? [] : [`${user.id}: ${path} is ${stored}, should be ${values.join(' or ')}`]
  })
  // Removing several marks one by one leaves an empty list.
  const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0
  const strange = Object.keys(doc).filter((key) => !ownKeys.has(key) && !isEmptyList(doc[key]))
  return [...wrong, ...strange.map((key) => `${user.id}: has ${key} = ${JSON.stringify(doc[key])}`)]
}

function wrongDeletion(doc: Doc, at: number, { onDelete }: Setting): string[] {
  const { clerkId, clerkDeletedAt, syncStatus, syncError } = doc
  const wrong: string[] = []
  if (!(clerkDeletedAt instanceof Date)) wrong.push(`${clerkId} is deleted, but its document is not marked as deleted`)
  // A process without the message stores the current time.
  else if (clerkDeletedAt.getTime() !== at && clerkDeletedAt.getTime() < STARTED)
    wrong.push(`${clerkId} was deleted at ${at}, stored is ${clerkDeletedAt.getTime()}`)
  if (syncStatus !== 'error' || syncError !== 'deleted')
    wrong.push(`${clerkId} is deleted: ${syncStatus}, ${syncError}`)
  const isLeft = ['firstName', 'lastName', 'imageUrl'].some((path) => doc[path] !== undefined)
  const { email = '', username = '' } = doc as { email?: string; username?: string }
  const isNamed = /example\.(com|org)$/.test(email) || /^(n\d|was\.)/.test(username)
  if (onDelete === 'anonymize' && (isLeft || isNamed)) wrong.push(`${clerkId} is deleted and was not anonymized`)
  return wrong
}

function wrongLocals(found: Found, locals: readonly Doc[]): string[] {
  const text = (docs: readonly Doc[]) => JSON.stringify(docs.map((doc) => Object.entries(doc).sort()))
  const stored = found.users.filter(({ clerkId }) => clerkId === undefined)
  return text(stored) === text(locals) ? [] : [`the local accounts are ${text(stored)}, should be ${text(locals)}`]
}

/** What a redelivery of all messages changed, although all were applied. */
export function changesSince(before: Found, after: Found): string[] {
  return (['users', 'tombstones'] as const).flatMap((name) => {
    const [earlier, later] = [before, after].map((found) => new Set(found[name].filter(isAlive).map(asText))) as [
      Set<string>,
      Set<string>,
    ]
    const gone = [...earlier].filter((doc) => !later.has(doc)).map((doc) => `gone: ${doc}`)
    const come = [...later].filter((doc) => !earlier.has(doc)).map((doc) => `come: ${doc}`)
    return [...gone, ...come].map((what) => `${name} changed when everything was delivered again; ${what}`)
  })
}

/** Deleted documents are not compared: a late sign-up may create one, which is correct. */
const isAlive = ({ clerkDeletedAt }: Doc) => clerkDeletedAt === undefined

/**
 * A tie is written again with the values of Clerk, so the time of the write is not compared. Marks can appear or disappear if a
 * deletion and earlier events are replayed at once; the oracle of hooks checks those.
 */
function asText({ lastClerkSync, models, clerkHooksDue, clerkPendingType, ...doc }: Doc): string {
  return JSON.stringify(Object.fromEntries(Object.entries(doc).sort()))
}
