import { type Connection, Schema } from 'mongoose'
import type { TestedApp } from '../chaos/fleet'
import { type LibraryExports, type Setting as UserSetting, userPathsOf } from '../chaos/subject'

/** How the app configures the library. */
export interface Setting extends Pick<UserSetting, 'onDelete' | 'deliveries' | 'hooks'> {
  /** Whether the app stores organizations, besides memberships. */
  organizations: boolean
  /** Whether the app's schema requires a slug. */
  slug: keyof typeof slugs
}

const slugs = {
  sparse: { type: String, unique: true, sparse: true },
  required: { type: String, unique: true, required: true },
}

/** Names of the collections of a setting. */
export function collectionsOf({ slug, onDelete }: Pick<Setting, 'slug' | 'onDelete'>) {
  const name = (kind: string) => `${kind}_${slug}_${onDelete}`
  return {
    users: name('users'),
    organizations: name('organizations'),
    memberships: name('memberships'),
    tombstones: name('tombstones'),
    jobs: name('jobs'),
    deliveries: name('deliveries'),
  }
}

/** The models of a setting, created once per connection. */
export function modelsOf(library: LibraryExports, connection: Connection, setting: Pick<Setting, 'slug' | 'onDelete'>) {
  const { users, organizations, memberships, tombstones, jobs } = collectionsOf(setting)
  const options = { onDelete: setting.onDelete, collections: { tombstones, jobs } }
  const schemaOf = (collection: string, plugin: (schema: unknown, given: typeof options) => void, paths: object) => {
    const schema = new Schema({ ...paths }, { collection })
    // A model that exists keeps its schema.
    if (!connection.models[collection]) plugin(schema, options)
    return schema
  }
  const plan = { type: String, default: 'free' }
  return {
    users: library.clerkModel(users, schemaOf(users, library.clerkSyncPlugin, userPathsOf('sparse')), connection),
    organizations: library.clerkOrganizationModel(
      organizations,
      schemaOf(organizations, library.clerkOrganizationPlugin, { slug: slugs[setting.slug], plan }),
      connection,
    ),
    memberships: library.clerkMembershipModel(
      memberships,
      schemaOf(memberships, library.clerkMembershipPlugin, { plan }),
      connection,
    ),
  }
}

/** The types of events that have a hook. */
export const hookTypes = ['user', 'organization', 'organizationMembership'].flatMap((name) =>
  ['created', 'updated', 'deleted'].map((verb) => `${name}.${verb}`),
)

export const tenantsApp: TestedApp<Setting> = {
  endpointsOf: () => [0],
  async initModels(library, connection) {
    for (const slug of ['sparse', 'required'] as const)
      for (const onDelete of ['soft', 'hard', 'anonymize'] as const)
        for (const model of Object.values(modelsOf(library, connection, { slug, onDelete }))) await model.init()
  },
  makeSubject(library, connection, { setting }, around) {
    const on = Object.fromEntries(hookTypes.map((type) => [type, around.hook]))
    const { organizations, ...others } = modelsOf(library, connection, setting)
    return library.createClerkSync({
      ...others,
      ...(setting.organizations && { organizations }),
      signingSecret: around.signingSecret,
      timeoutMs: around.timeoutMs,
      logger: false,
      ...(setting.hooks && { on }),
      ...(setting.deliveries && { deliveries: { collection: collectionsOf(setting).deliveries } }),
    })
  },
}
