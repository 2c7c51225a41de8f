import type { mongo } from 'mongoose'
import { makeCandidate, plainView, storedValue } from '../schema/candidate'
import { countsMissing } from '../schema/needed-paths'
import { isDuplicateKey } from '../target/database-error'
import type { Incoming } from '../target/incoming'
import { overlap } from '../target/owned-paths'
import { type AnyDoc, durable, fromPrimary, type Target, valueAt, within } from '../target/target'
import { holdsSame } from './compare-stored'
import { heldBeneath, hostRule, localAccountHolds, ownedHeld, sameVersion } from './conflict-reason'
import { versionOf } from './own-document'
import { linkTo } from './push-extension'
import { listIndexes } from './ready'
import { type Collision, conflict, nextOrTaken, type Resolution, retry, unexplained, withhold } from './resolution'
import { againstOthersOf, isByOwners } from './same-owners'

/** Finds the document that holds the refused value, and decides by version which one keeps it. */
export async function resolveCollision(given: Collision): Promise<Resolution> {
  const { target, incoming, context, own } = given
  const index = (await listIndexes(target, context)).find(({ name }) => name === given.index)
  if (!index || Object.keys(index.key).join() === target.idPath) return unexplained(given.state)
  if (isByOwners(target, index)) return againstOthersOf(given, await findHolder(given, index))
  const path = Object.keys(index.key).find((key) => incoming.values.has(key) || incoming.onInsert.has(key))
  if (path === undefined) return withoutPath(given, Object.keys(index.key))
  const isOwned = incoming.onInsert.has(path)
  // The value is written only with an insert, and a document now exists.
  if (own && isOwned && !given.state.taken.has(path)) return unexplained(given.state)
  if (given.state.valueOf(path) === undefined) {
    // The index counts a missing value, or a schema default that another document already has.
    const filled = given.state.needing(path)
    return filled?.valueOf(path) === undefined
      ? conflict(hostRule(given.state.entity, path, 'missing counted'))
      : retry(filled)
  }
  const state = (countsMissing(index) && given.state.needing(path)) || given.state
  const collision = { ...given, state }
  const holder = await findHolder(collision, index)
  if (!holder || valueAt(holder, target.idPath) === incoming.clerkId) return unexplained(state)
  // The document that holds an owned value keeps it.
  if (isOwned) return yieldOwned(collision, path)
  if (isClerkUser(target, holder)) return againstClerkUser(collision, index, path, holder)
  const { entity } = target.options
  const next = entity.canVary(target.paths, path) ? state.nextValue(path) : undefined
  if (next) return retry(next)
  const locals = incoming.locals?.path === path ? incoming.locals : undefined
  const isSameAddress = isSameText(valueAt(holder, path), state.valueOf(path))
  const mayLink = locals && isSameAddress && !own && !state.linkTo && state.isOwn(path)
  if (mayLink && (await locals.mayLink(holder))) return retry(linkTo(target, incoming, state, holder))
  const standing = { isSameAddress, isStored: own !== undefined, linkBy: locals?.linkBy }
  return withhold(collision, localAccountHolds(entity, { path, ...standing }))
}

/**
 * Another document has Clerk's value for an owned path: stores a fallback, or nothing if the value was only taken from
 * Clerk.
 */
function yieldOwned({ state }: Collision, path: string): Resolution {
  if (!state.taken.has(path)) return nextOrTaken(state, path)
  const next = state.nextValue(path)
  if (next?.valueOf(path) !== undefined) return retry(next)
  return retry((next ?? state).leavingOut(path, ownedHeld(path)))
}

/** Whether two values differ at most in case. An index may also ignore accents, which distinguish people. */
const isSameText = (one: unknown, other: unknown): boolean => String(one).toLowerCase() === String(other).toLowerCase()

/**
 * Clerk gives a username, or a verified address, to one user at a time, so one of the two states is old, and the newer
 * one keeps the value. Several users can have the same unverified address; it yields to a verified one regardless of
 * version.
 */
async function againstClerkUser(
  collision: Collision,
  index: mongo.IndexDescriptionInfo,
  path: string,
  holder: AnyDoc,
): Promise<Resolution> {
  const { target, incoming, state } = collision
  const holderId = String(valueAt(holder, target.idPath))
  const version = versionOf(target, holder)
  // A placeholder never displaces another user's value.
  if (!state.isOwn(path)) return nextOrTaken(state, path)
  const claim = incoming.claim(path, holder)
  if (claim === 'weaker') return nextOrTaken(state, path)
  const isDeleted = Boolean(valueAt(holder, target.paths.clerkDeletedAt))
  const isOlder = version === undefined || version < incoming.at
  if (claim === 'stronger' || isDeleted || isOlder) return displace(collision, index, path, holder)
  if (version > incoming.at) return nextOrTaken(state, path)
  const { fetched } = state
  const current = fetched.has(holderId) ? fetched.get(holderId) : await incoming.fetch(holderId)
  if (current === undefined) {
    const next = target.options.entity.canVary(target.paths, path) ? state.nextValue(path) : undefined
    return next ? retry(next) : withhold(collision, sameVersion(state.entity, path, false))
  }
  const asked = { ...collision, state: state.with({ fetched: new Map([...fetched, [holderId, current]]) }) }
  if (current === null || !keeps(asked, index, path, holder, current)) return displace(asked, index, path, holder, true)
  const next = asked.state.nextValue(path)
  return next ? retry(next) : withhold(asked, sameVersion(state.entity, path, true))
}

/**
 * Whether a user, as Clerk has it now, keeps the values that its document holds at the index. Only compares: the user's
 * own event stores the rest, and runs its hook.
 */
function keeps(
  { target, state }: Collision,
  { key }: mongo.IndexDescriptionInfo,
  path: string,
  holder: AnyDoc,
  current: Incoming,
): boolean {
  if (current.at < (versionOf(target, holder) ?? current.at)) return true
  if (isSameText(current.values.get(path), state.valueOf(path))) return true
  const values = new Map([...current.values].filter(([mapped]) => Object.keys(key).some((one) => overlap(one, mapped))))
  return holdsSame(target, { ...current, values }, holder)
}

/**
 * Whether a document belongs to a Clerk user. Local accounts may have an empty id, or, if the id path is `_id`, one of
 * their own.
 */
export function isClerkUser({ idPath, paths, options }: Target, doc: AnyDoc): boolean {
  const id = valueAt(doc, idPath)
  if (typeof id !== 'string' || id === '') return false
  const { constants, idPrefix } = options.entity
  const isMarked = Object.entries(constants(paths)).every(([path, value]) => valueAt(doc, path) === value)
  return idPath !== '_id' || isMarked || id.startsWith(idPrefix)
}

/**
 * Makes the holder give up the value, and tries again. If no fallback value is left for the holder, it keeps the value.
 *
 * @param isSameVersion Whether a holder of the same version gives it up too, because Clerk says so.
 */
async function displace(
  collision: Collision,
  index: mongo.IndexDescriptionInfo,
  path: string,
  holder: AnyDoc,
  isSameVersion = false,
): Promise<Resolution> {
  const { target, incoming, state, context } = collision
  const value = valueAt(holder, path)
  const filter = { _id: holder._id, [path]: value, $or: reasonsToYield(target, incoming, path, isSameVersion) }
  const needed = countsMissing(index) || state.fallbackValuesAt(path).at(-1) !== undefined
  const holderId = String(valueAt(holder, target.idPath))
  const forms = target.options.entity.fallbackValues(target.paths, path, value, holderId, needed)
  for (const form of forms.slice(1)) {
    const stored = form === undefined ? undefined : storedValue(makeCandidate(target, [[path, form]]), path)
    const update = stored === undefined ? { $unset: { [path]: 1 } } : { $set: { [path]: stored } }
    try {
      // On the raw collection, because setters of the schema would change the value in the filter.
      const result = await target.model.collection.updateOne(filter as never, update as never, {
        ...durable,
        ...within(context),
      })
      // Without a match, the holder no longer has the value, or is no longer older.
      return result.matchedCount > 0 ? retry(state) : unexplained(state)
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
    }
  }
  return nextOrTaken(state, path)
}

/** Conditions of which one must still hold when the holder's value is taken. */
function reasonsToYield({ paths }: Target, incoming: Incoming, path: string, isSameVersion: boolean): AnyDoc[] {
  const { clerkDeletedAt, clerkUpdatedAt } = paths
  const { at } = incoming
  return [
    { [clerkDeletedAt]: { $type: 'date' } },
    { [clerkUpdatedAt]: { $not: isSameVersion ? { $gt: at } : { $gte: at } } },
    ...incoming.strongerClaims(path),
  ]
}

/** Finds the other document with our values at the index's keys, compared as that index compares them. */
async function findHolder(
  { target, incoming, state, own, context }: Omit<Collision, 'index'>,
  index: mongo.IndexDescriptionInfo,
): Promise<AnyDoc | null> {
  const entries = [...state.entries(), ...state.insertEntries()]
  const meant = plainView(makeCandidate(target, entries, incoming))
  const written = new Map(entries)
  const equal = Object.keys(index.key).map((key) => {
    const value = own && !written.has(key) ? valueAt(own, key) : valueAt(meant, key)
    // An index over an array contains each of its values.
    return { [key]: Array.isArray(value) ? { $in: [...value] } : { $eq: value ?? null } }
  })
  const filter: AnyDoc = { $and: [...equal, index.partialFilterExpression ?? {}] }
  if (own) filter._id = { $ne: own._id }
  const collation = index.collation ? { collation: index.collation } : {}
  return target.model.collection.findOne(filter, { ...collation, ...fromPrimary, ...within(context) })
}

/** Whether another document holds the value at a path that is a key of a unique index. */
export async function isHeldUniquely(collision: Omit<Collision, 'index'>, path: string): Promise<boolean> {
  if (collision.state.valueOf(path) === undefined) return false
  const indexes = await listIndexes(collision.target, collision.context)
  for (const index of indexes.filter(({ unique, key }) => unique && path in key))
    if (await findHolder(collision, index)) return true
  return false
}

/** Handles an index beneath a mapped path, or one on the app's own paths. */
function withoutPath(collision: Collision, keys: readonly string[]): Resolution {
  const { incoming, state, own } = collision
  const parent = [...incoming.values.keys()].find((path) => keys.some((key) => key.startsWith(`${path}.`)))
  if (parent !== undefined && own) return withhold(collision, heldBeneath(state.entity, parent))
  // A default that another document already has counts as missing, and a sparse index does not count it.
  const defaults = keys.filter((key) => parent === undefined && !own && !state.omitted.has(key))
  if (defaults.length > 0) return retry(state.plus('omitted', defaults))
  return conflict(hostRule(state.entity, keys.join(', '), 'missing counted'))
}
