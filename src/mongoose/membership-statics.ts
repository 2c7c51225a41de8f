import type { WriteContext } from '../store/write'
import { type AnyDoc, fromPrimary, type SyncModel, targetOf, trusted, within } from './target/target'

/** An id of Clerk, or what a session without one has. */
type Id = string | null | undefined

/** Statics of memberships besides those of every resource. `ClerkMembershipStatics` documents them for the app. */
export const membershipStatics = {
  findByUser(this: SyncModel, userId: Id) {
    return living(this, { userId })
  },

  findByOrganization(this: SyncModel, organizationId: Id) {
    return living(this, { organizationId })
  },

  hasRole(
    this: SyncModel,
    userId: Id,
    organizationId: Id,
    role: string | readonly string[],
    context: WriteContext = {},
  ) {
    return has(this, { userId, organizationId }, { role }, context)
  },

  hasPermission(this: SyncModel, userId: Id, organizationId: Id, permission: string, context: WriteContext = {}) {
    return has(this, { userId, organizationId }, { permissions: permission }, context)
  },
}

type Owners = { userId?: Id; organizationId?: Id }

/** The query of living memberships. Reads from the primary: a secondary may not know of a deletion a moment ago. */
function living(model: SyncModel, owners: Owners) {
  const { paths } = targetOf(model)
  return model
    .find(ownedBy(model, owners) as never)
    .where({ [paths.clerkDeletedAt]: null })
    .read('primary')
}

/** The condition that a document has these owners. A missing id matches nothing, and an object is no operator. */
function ownedBy(model: SyncModel, owners: Owners): AnyDoc {
  const { paths } = targetOf(model)
  const conditions = Object.entries(owners).map(([name, id]) => {
    const path = paths[name as keyof Owners]
    return [path, typeof id === 'string' && id !== '' ? id : trusted({ model }, { $in: [] })]
  })
  return Object.fromEntries(conditions)
}

/** Whether the living membership of a pair has a value, by the index of pairs and on the collection itself. */
async function has(
  model: SyncModel,
  owners: Required<Owners>,
  wanted: { role?: string | readonly string[]; permissions?: string },
  context: WriteContext,
): Promise<boolean> {
  const { paths } = targetOf(model)
  if (!isText(owners.userId) || !isText(owners.organizationId)) return false
  const values = Object.entries(wanted).map(([name, value]) => {
    const texts = [value].flat().filter(isText)
    return [paths[name as keyof typeof wanted], { $in: texts }]
  })
  const filter = { ...ownedBy(model, owners), [paths.clerkDeletedAt]: null, ...Object.fromEntries(values) }
  const options = { projection: { _id: 1 }, ...fromPrimary, ...within(context) }
  return (await model.collection.findOne(filter as never, options)) !== null
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
