import { ClerkSyncError } from '../../errors'
import type { HostSchema } from '../target/host-schema'
import type { ResolvedPluginOptions } from '../target/plugin-options'
import type { SyncModel } from '../target/target'

/** The names of the models of the other resources. */
export interface ModelNames {
  user: string
  organization: string
}

/**
 * Adds what `populate('user')` and `populate('organization')` of a membership need: paths with the `_id`s if `refs` is
 * set, else virtuals that find the documents by Clerk's ids. A path that the schema has already is kept.
 */
export function addOwners(schema: HostSchema, { paths, refs }: ResolvedPluginOptions, models: ModelNames): void {
  for (const owner of ['user', 'organization'] as const) {
    const path = paths[owner]
    if (schema.pathType(path) !== 'adhocOrUndefined') continue
    const ref = models[owner]
    if (refs) schema.add({ [path]: { [schema.options.typeKey ?? 'type']: 'ObjectId', ref } } as never)
    else {
      const localField = paths[owner === 'user' ? 'userId' : 'organizationId']
      const foreignField = lazily(schema, ref, 'clerkId')
      schema.virtual(path, { ref, localField, foreignField, justOne: true })
    }
  }
}

/**
 * Adds the virtual `memberships` to users or organizations, which populates the living ones.
 * @throws {ClerkSyncError} `schema_unfit` if the schema has that path.
 */
export function addMemberships(schema: HostSchema, { paths, entity }: ResolvedPluginOptions, ref: string): void {
  if (schema.pathType('memberships') !== 'adhocOrUndefined') {
    throw new ClerkSyncError(
      'schema_unfit',
      'The schema has a path memberships, which the option `memberships` adds as a virtual. Rename yours, or leave out the option.',
    )
  }
  const foreignField = lazily(schema, ref, entity.name === 'user' ? 'userId' : 'organizationId')
  const deletedAt = lazily(schema, ref, 'clerkDeletedAt')
  schema.virtual('memberships', {
    ref,
    localField: paths.clerkId,
    foreignField,
    match: () => ({ [deletedAt()]: null }),
  })
}

/** The path of another model for one of our names, read when it is needed: that model may be created later. */
function lazily(
  schema: HostSchema,
  modelName: string,
  name: 'clerkId' | 'userId' | 'organizationId' | 'clerkDeletedAt',
) {
  let own: SyncModel | undefined
  schema.on('init', (model) => {
    own = model as unknown as SyncModel
  })
  return (): string => {
    const other = own?.db.models[modelName]?.schema.options as { clerkSync?: ResolvedPluginOptions } | undefined
    return other?.clerkSync?.paths[name] ?? name
  }
}
