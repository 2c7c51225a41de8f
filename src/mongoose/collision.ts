import type { mongo } from 'mongoose'
import type { ConflictReason, WriteContext } from '../store'
import { isDuplicateKey } from './database-error'
import { countsMissing, formsOf } from './forms'
import { type Concessions, candidate, type Incoming, storedValue } from './incoming'
import { versionOf } from './own-document'
import { listIndexes } from './ready'
import { type AnyDoc, durable, fromPrimary, type Target, valueAt, within } from './target'

/** One write that met a unique index, and all that is known about it. */
export interface Collision {
  target: Target
  incoming: Incoming
  concessions: Concessions
  context: WriteContext
  /** Name of the index that refused. */
  index: string | undefined
  /** The own document, where there is one. */
  own: AnyDoc | undefined
}

/** What to do next: try again with what was conceded or taken, try again since nothing explains it, or give up. */
export type Settlement = 'settled' | 'unexplained' | ConflictReason

/** Finds who holds the value that an index refused, and settles by the versions who keeps it. */
export async function settleCollision(collision: Collision): Promise<Settlement> {
  const { target, incoming, concessions, context, own } = collision
  const index = (await listIndexes(target, context)).find(({ name }) => name === collision.index)
  if (!index || Object.keys(index.key).join() === target.idPath) return 'unexplained'
  const path = Object.keys(index.key).find((key) => incoming.values.has(key) || incoming.onInsert.has(key))
  if (path === undefined) return withholdParent(collision, Object.keys(index.key))
  const isOwned = incoming.onInsert.has(path)
  // It is written with inserts alone, and there is a document by now.
  if (own && isOwned) return 'unexplained'
  if (concessions.valueOf(path) === undefined) {
    return countsMissing(index) && concessions.need(path) && concessions.valueOf(path) !== undefined
      ? 'settled'
      : hostRule(path)
  }
  if (countsMissing(index)) concessions.need(path)
  const holder = await findHolder(collision, index)
  if (!holder || valueAt(holder, target.idPath) === incoming.clerkId) return 'unexplained'
  // What MongoDB owns is never given up by the document that has it.
  if (isOwned) return concessions.concede(path) ? 'settled' : hostRule(path)
  if (isClerkUser(target, holder)) return againstClerkUser(collision, index, path, holder)
  if (path === target.paths.username && concessions.concede(path)) return 'settled'
  const mayLink = path === target.paths.email && !own && concessions.linkTo === undefined && concessions.isOwn(path)
  if (mayLink && (await incoming.mayLink(holder))) {
    concessions.linkTo = holder._id
    return 'settled'
  }
  return withhold(collision, path, `A local account holds the value at ${path}.`)
}

/** Clerk never gives one value to two users: one of the two snapshots is old, and the newer keeps the value. */
async function againstClerkUser(
  collision: Collision,
  index: mongo.IndexDescriptionInfo,
  path: string,
  holder: AnyDoc,
): Promise<Settlement> {
  const { target, incoming, concessions } = collision
  const holderId = String(valueAt(holder, target.idPath))
  const version = versionOf(target, holder)
  // A value that we made up takes nothing from anybody.
  if (!concessions.isOwn(path)) return concessions.concede(path) ? 'settled' : hostRule(path)
  if (valueAt(holder, target.paths.clerkDeletedAt) || !version || version < incoming.at) {
    const result = await displace(collision, index, path, holder)
    if (result !== 'stuck') return result === 'done' ? 'settled' : 'unexplained'
    return concessions.concede(path) ? 'settled' : hostRule(path)
  }
  if (version > incoming.at) return concessions.concede(path) ? 'settled' : hostRule(path)
  const asked = concessions.asked.has(holderId)
  if (!asked && (await incoming.refreshOther(holderId))) {
    concessions.asked.add(holderId)
    return 'settled'
  }
  if ((asked || path === target.paths.username) && concessions.concede(path)) return 'settled'
  return withhold(collision, path, `Another user claims the value at ${path} at the very same version.`)
}

/** Whether a document is a user of Clerk's, and not a local account: one may have an empty id, or an `_id` of its own. */
export function isClerkUser({ idPath, paths }: Target, doc: AnyDoc): boolean {
  const id = valueAt(doc, idPath)
  if (typeof id !== 'string' || id === '') return false
  return idPath !== '_id' || valueAt(doc, paths.authProvider) === 'clerk' || id.startsWith('user_')
}

/**
 * Makes the holder give the value up. `missed`: it has not the value any more, or is not old any more. `stuck`: there is no
 * form left that it could have instead.
 */
async function displace(
  collision: Collision,
  index: mongo.IndexDescriptionInfo,
  path: string,
  holder: AnyDoc,
): Promise<'done' | 'missed' | 'stuck'> {
  const { target, incoming, context } = collision
  const { clerkDeletedAt, clerkUpdatedAt } = target.paths
  const value = valueAt(holder, path)
  const stillOld = [{ [clerkDeletedAt]: { $type: 'date' } }, { [clerkUpdatedAt]: { $not: { $gte: incoming.at } } }]
  const filter = { _id: holder._id, [path]: value, $or: stillOld }
  const needed = countsMissing(index) || collision.concessions.forms(path).at(-1) !== undefined
  for (const form of formsOf(target, path, value, String(valueAt(holder, target.idPath)), needed).slice(1)) {
    const stored = form === undefined ? undefined : storedValue(candidate(target, [[path, form]]), path)
    const update = stored === undefined ? { $unset: { [path]: 1 } } : { $set: { [path]: stored } }
    try {
      // On the raw collection: setters of the schema would change the value that is asked for.
      const result = await target.model.collection.updateOne(filter as never, update as never, {
        ...durable,
        ...within(context),
      })
      return result.matchedCount > 0 ? 'done' : 'missed'
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
    }
  }
  return 'stuck'
}

/** The other document that has our values at the index's keys, found by that index's own notion of equality. */
async function findHolder(
  { target, concessions, own, context }: Collision,
  index: mongo.IndexDescriptionInfo,
): Promise<AnyDoc | null> {
  const entries = [...concessions.entries(), ...concessions.insertEntries()]
  const doc = candidate(target, entries)
  const written = new Map(entries)
  const equal = Object.keys(index.key).map((key) => {
    const value = own && !written.has(key) ? valueAt(own, key) : storedValue(doc, key)
    // An index over a list counts each of its values.
    return { [key]: Array.isArray(value) ? { $in: [...value] } : { $eq: value ?? null } }
  })
  const filter: AnyDoc = { $and: [...equal, index.partialFilterExpression ?? {}] }
  if (own) filter._id = { $ne: own._id }
  const collation = index.collation ? { collation: index.collation } : {}
  return target.model.collection.findOne(filter, { ...collation, ...fromPrimary, ...within(context) })
}

/** An index on something beneath a mapped path, or on nothing of ours. */
function withholdParent(collision: Collision, keys: readonly string[]): Settlement {
  const parent = [...collision.incoming.values.keys()].find((path) => keys.some((key) => key.startsWith(`${path}.`)))
  if (parent === undefined || !collision.own) return hostRule(keys.join(', '))
  return withhold(collision, parent, `Another document holds a value beneath ${parent}.`)
}

/** An existing document takes everything but this path; a new one is not made. */
function withhold({ own, concessions }: Collision, path: string, message: string): Settlement {
  const reason: ConflictReason = { code: 'conflict', path, message }
  if (!own) return reason
  concessions.withheld.set(path, reason)
  return 'settled'
}

export const hostRule = (path: string): ConflictReason => ({
  code: 'host_rule',
  path,
  message: `The schema or an index of yours refuses what Clerk has for ${path}.`,
})
