import type { Dependents } from '../../store/clerk-store'
import type { WriteContext, WriteResult } from '../../store/write'
import { dependentsOf } from '../deletion/delete'
import {
  type AnyDoc,
  durable,
  fromPrimary,
  inOneBatch,
  type SyncModel,
  type Target,
  targetOf,
  valueAt,
  within,
} from '../target/target'
import { anyOf } from './id-order'

/** The `_id`s of documents, by Clerk id. */
export type IdsByClerkId = ReadonlyMap<string, unknown>

/** A reference of a membership: the path with Clerk's id, the path with the `_id`, and the model of both. */
interface Side {
  owner: string
  ref: string
  modelName: string
}

/** Whether a write, or an earlier one that it repeats, may have left references open: to its document or in it. */
export const mayLackRefs = (
  { model, options }: Target,
  { outcome }: Pick<WriteResult, 'outcome'>,
  { isBroughtAlong }: Pick<WriteContext, 'isBroughtAlong'>,
): boolean =>
  (isBroughtAlong ? outcome === 'created' : outcome !== 'updated') &&
  (options.refs !== undefined || dependentsOf(model).some((one) => one.setRefs))

/**
 * Completes the `_id`s that memberships keep of their user and their organization (the option `refs`), from either side.
 * After both were written, whichever came last finds the other. Safe to repeat.
 */
export async function completeRefs(target: Target, clerkIds: readonly string[], context: WriteContext): Promise<void> {
  const dependents = dependentsOf(target.model).filter((one) => one.setRefs)
  await fillOwn(target, clerkIds, context)
  if (dependents.length === 0) return
  const ids = await idsOf(target, clerkIds, context)
  for (const one of dependents) await one.setRefs?.(ids, context)
}

/** What lets a user or an organization complete the references to it; nothing without the option `refs`. */
export function refsTo(target: Target, owner: 'user' | 'organization'): Pick<Dependents, 'setRefs'> {
  const side = sidesOf(target).find(({ ref }) => ref === target.paths[owner])
  if (!side) return {}
  return {
    async setRefs(ids, context) {
      const updates = [...ids].map(([clerkId, _id]) => setting({ [side.owner]: clerkId }, side, _id))
      await send(target, updates, context)
    },
  }
}

async function fillOwn(target: Target, clerkIds: readonly string[], context: WriteContext): Promise<void> {
  const sides = sidesOf(target)
  if (sides.length === 0) return
  const { model, idPath } = target
  const filter = {
    [idPath]: await anyOf(target, clerkIds, context),
    $or: sides.map(({ ref }) => ({ [ref]: null })),
  } as never
  const projection = Object.fromEntries(sides.flatMap(({ owner, ref }) => [owner, ref]).map((path) => [path, 1]))
  const options = { projection, ...inOneBatch(clerkIds), ...fromPrimary, ...within(context) }
  const docs = await model.collection.find(filter, options).toArray()
  const updates = await Promise.all(sides.map((side) => updatesOf(target, side, docs, context)))
  await send(target, updates.flat(), context)
}

async function updatesOf(target: Target, side: Side, docs: readonly AnyDoc[], context: WriteContext) {
  const { models } = target.model.db
  const owners = models[side.modelName] as SyncModel | undefined
  const open = docs.filter((doc) => (valueAt(doc, side.ref) ?? undefined) === undefined)
  if (!owners || open.length === 0) return []
  const ids = await idsOf(targetOf(owners), [...new Set(open.map((doc) => String(valueAt(doc, side.owner))))], context)
  return open.flatMap((doc) => {
    const id = ids.get(String(valueAt(doc, side.owner)))
    return id === undefined ? [] : [setting({ _id: doc._id }, side, id)]
  })
}

const setting = (filter: AnyDoc, { ref }: Side, id: unknown) => ({
  updateMany: { filter: { ...filter, [ref]: null }, update: { $set: { [ref]: id } } },
})

async function send(target: Target, updates: readonly object[], context: WriteContext): Promise<void> {
  if (updates.length === 0) return
  await target.model.collection.bulkWrite(updates as never[], { ordered: false, ...durable, ...within(context) })
}

async function idsOf(target: Target, clerkIds: readonly string[], context: WriteContext): Promise<IdsByClerkId> {
  const { idPath, model } = target
  const options = { projection: { [idPath]: 1 }, ...inOneBatch(clerkIds), ...fromPrimary, ...within(context) }
  const filter = { [idPath]: await anyOf(target, clerkIds, context) }
  const docs = await model.collection.find(filter as never, options).toArray()
  return new Map(docs.map((doc) => [String(valueAt(doc, idPath)), doc._id]))
}

function sidesOf({ options, paths }: Target): Side[] {
  const { refs } = options
  if (!refs) return []
  return [
    { owner: paths.userId, ref: paths.user, modelName: refs.user },
    { owner: paths.organizationId, ref: paths.organization, modelName: refs.organization },
  ]
}
