import type { ClerkOrganizationJSON, ClerkWebhookEvent } from 'clerk-mongo-sync'
import type { Connection } from 'mongoose'
import { divergences as userDivergences } from '../chaos/oracle'
import { type History, type Membership, type Organization, permissionsOf } from './clerk'
import { collectionsOf, type Setting } from './subject'

type Doc = Record<string, unknown>

/** The contents of the database after a history. */
export interface Found {
  users: Doc[]
  organizations: Doc[]
  memberships: Doc[]
  tombstones: Doc[]
}

export async function readStored(connection: Connection, setting: Setting): Promise<Found> {
  const names = collectionsOf(setting)
  const all = (name: string) => connection.collection(name).find({}).sort({ _id: 1 }).toArray() as Promise<Doc[]>
  const [users = [], organizations = [], memberships = [], tombstones = []] = await Promise.all(
    [names.users, names.organizations, names.memberships, names.tombstones].map(all),
  )
  return { users, organizations, memberships, tombstones }
}

/** What is wrong with it: empty if all that Clerk has is stored once with the right values, and nothing else is alive. */
export function divergences(found: Found, history: History, setting: Setting): string[] {
  return [
    ...wrongUsers(found, history, setting),
    ...(setting.organizations ? wrongOrganizations(found, history, setting) : []),
    ...wrongMemberships(found, history),
  ]
}

/** Users are judged as in histories that have only users. */
function wrongUsers(found: Found, history: History, { onDelete }: Setting): string[] {
  const tombstones = found.tombstones.filter(({ _id }) => String(_id).startsWith('user_'))
  return userDivergences(
    { users: found.users, tombstones, deliveries: [] },
    { messages: history.messages, live: history.users, deleted: history.deletedUsers },
    { schema: 'sparse', onDelete, deliveries: false, hooks: false, ties: false, models: 1, drift: false },
    [],
  )
}

function wrongOrganizations(found: Found, history: History, setting: Setting): string[] {
  const { organizations: live, deletedOrganizations: deleted } = history
  const byId = grouped(found.organizations)
  const wrong = [...live].flatMap(([id, organization]) => {
    const docs = byId.get(id) ?? []
    const once = docs.length === 1 ? [] : [`${id} is stored ${docs.length} times, should be once`]
    return [...once, ...docs.flatMap((doc) => wrongOrganization(doc, organization, history, setting))]
  })
  for (const id of deleted.keys()) {
    const docs = byId.get(id) ?? []
    if (docs.length > (setting.onDelete === 'hard' ? 0 : 1))
      wrong.push(`${id} is deleted, and stored ${docs.length} times`)
    for (const doc of docs) wrong.push(...wrongDeletion(doc, setting))
    if (!hasTombstone(found, id)) wrong.push(`${id} is deleted and has no tombstone`)
  }
  for (const id of byId.keys())
    if (!live.has(id) && !deleted.has(id)) wrong.push(`${id} is stored, but Clerk never had it`)
  for (const id of live.keys()) if (hasTombstone(found, id)) wrong.push(`${id} has a tombstone, but is active`)
  return wrong
}

const ownKeys = ['_id', '__v', 'clerkId', 'lastClerkSync']

function wrongOrganization(
  { clerkHooksDue, ...doc }: Doc,
  organization: Organization,
  history: History,
  setting: Setting,
): string[] {
  const { id, name, image_url, created_by } = organization
  const versions = sentVersions(history, id)
  const stored = doc.clerkUpdatedAt instanceof Date ? doc.clerkUpdatedAt.getTime() : undefined
  // A version that came with a member waits for its own event, which Clerk may not send.
  const due = [clerkHooksDue ?? []].flat().filter((mark) => mark !== 'organization.updated')
  const marks = due.length > 0 ? [`${id}: has hooks due, ${due.join()}`] : []
  const placeholder = setting.slug === 'required' ? id.replace(/^org_/, 'org-').toLowerCase() : undefined
  const wrong = wrongPaths(doc, {
    name,
    slug: organization.slug ?? placeholder,
    imageUrl: image_url,
    createdBy: created_by,
    plan: 'free',
    syncStatus: 'active',
    clerkUpdatedAt: versions.find((version) => version === stored) ?? versions[0],
  })
  return [...wrong, ...marks]
}

/**
 * The versions that an organization may have here: the latest of the events that bring one along, and later ones that
 * differ in the number of members only, which only events of removed members have.
 */
function sentVersions({ messages }: History, id: string): number[] {
  const sent = messages.flatMap(({ event }) => {
    const organization = organizationIn(event)
    if (organization?.id !== id) return []
    return [{ version: organization.updated_at ?? 0, isOfRemoval: event.type === 'organizationMembership.deleted' }]
  })
  const latest = Math.max(...sent.filter(({ isOfRemoval }) => !isOfRemoval).map(({ version }) => version))
  return [latest, ...sent.map(({ version }) => version).filter((version) => version > latest)]
}

function organizationIn(event: ClerkWebhookEvent): ClerkOrganizationJSON | undefined {
  switch (event.type) {
    case 'organization.created':
    case 'organization.updated':
      return event.data
    case 'organizationMembership.created':
    case 'organizationMembership.updated':
    case 'organizationMembership.deleted':
      return event.data.organization
    default:
      return undefined
  }
}

function wrongDeletion(doc: Doc, { onDelete }: Setting): string[] {
  const { clerkId, clerkDeletedAt, syncStatus, syncError, name, imageUrl } = doc
  const wrong: string[] = []
  if (!(clerkDeletedAt instanceof Date)) wrong.push(`${clerkId} is deleted, but its document is not marked as deleted`)
  if (syncStatus !== 'error' || syncError !== 'deleted')
    wrong.push(`${clerkId} is deleted: ${syncStatus}, ${syncError}`)
  if (onDelete === 'anonymize' && (name !== undefined || imageUrl !== undefined))
    wrong.push(`${clerkId} is deleted and was not anonymized`)
  return wrong
}

function wrongMemberships(found: Found, { memberships: live, formerMemberships: former, messages }: History): string[] {
  const byId = grouped(found.memberships)
  const wrong = [...live].flatMap(([id, membership]) => {
    const docs = byId.get(id) ?? []
    const once = docs.length === 1 ? [] : [`${id} is stored ${docs.length} times, should be once`]
    return [...once, ...docs.flatMap((doc) => wrongMembership(doc, membership))]
  })
  for (const [id, { userId, organizationId }] of former) {
    const docs = byId.get(id) ?? []
    if (docs.length > 1) wrong.push(`${id} has ended, and is stored ${docs.length} times`)
    if (docs.some(isAlive)) wrong.push(`${id} of ${userId} in ${organizationId} has ended, and is alive`)
  }
  for (const id of byId.keys())
    if (!live.has(id) && !former.has(id)) wrong.push(`${id} is stored, but Clerk never had it`)
  for (const id of live.keys()) if (hasTombstone(found, id)) wrong.push(`${id} has a tombstone, but is active`)
  for (const { event } of messages)
    if (event.type === 'organizationMembership.deleted' && !hasTombstone(found, event.data.id))
      wrong.push(`${event.data.id} was removed and has no tombstone`)
  return wrong
}

function wrongMembership(doc: Doc, { userId, organizationId, role, updated_at }: Membership): string[] {
  return wrongPaths(doc, {
    userId,
    organizationId,
    role,
    permissions: permissionsOf(role),
    plan: 'free',
    syncStatus: 'active',
    clerkUpdatedAt: updated_at,
  })
}

/** Paths of a living document with another value than expected, and those that it should not have. */
function wrongPaths(doc: Doc, expected: Doc): string[] {
  const text = (value: unknown) => JSON.stringify(value instanceof Date ? value.getTime() : value)
  const wrong = Object.entries(expected).flatMap(([path, value]) =>
    text(doc[path]) === text(value) ? [] : [`${doc.clerkId}: ${path} is ${text(doc[path])}, should be ${text(value)}`],
  )
  // Removing several marks one by one leaves an empty list.
  const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0
  const strange = Object.keys(doc).filter(
    (key) => !(key in expected) && !ownKeys.includes(key) && !isEmptyList(doc[key]),
  )
  return [...wrong, ...strange.map((key) => `${doc.clerkId}: has ${key} = ${JSON.stringify(doc[key])}`)]
}

/** What a redelivery of all messages changed, although all were applied. */
export function changesSince(before: Found, after: Found): string[] {
  return (['users', 'organizations', 'memberships', 'tombstones'] as const).flatMap((name) => {
    const texts = (found: Found) => new Set(found[name].filter(isCompared).map(asText))
    const [earlier, later] = [texts(before), texts(after)]
    const gone = [...earlier].filter((doc) => !later.has(doc)).map((doc) => `gone: ${doc}`)
    const come = [...later].filter((doc) => !earlier.has(doc)).map((doc) => `come: ${doc}`)
    return [...gone, ...come].map((what) => `${name} changed when everything was delivered again; ${what}`)
  })
}

/**
 * A late event may create a document that is deleted at once, which is correct: deleted ones are not compared, nor the
 * tombstones that memberships get from the end of their user or organization then.
 */
const isCompared = (doc: Doc) => isAlive(doc) && !String(doc._id).startsWith('orgmem_')
const isAlive = ({ clerkDeletedAt }: Doc) => clerkDeletedAt === undefined

/** Marks of hooks are left to the oracle of hooks, and a write again may change its time. */
function asText({ lastClerkSync, models, clerkHooksDue, clerkPendingType, ...doc }: Doc): string {
  return JSON.stringify(Object.fromEntries(Object.entries(doc).sort()))
}

const hasTombstone = ({ tombstones }: Found, id: string) => tombstones.some(({ _id }) => _id === id)

function grouped(docs: readonly Doc[]): Map<string, Doc[]> {
  const byId = new Map<string, Doc[]>()
  for (const doc of docs) byId.set(String(doc.clerkId), [...(byId.get(String(doc.clerkId)) ?? []), doc])
  return byId
}
