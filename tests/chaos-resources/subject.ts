import { type Connection, Schema } from 'mongoose'
import type { TestedApp } from '../chaos/fleet'
import { type LibraryExports, type Setting as UserSetting, userPathsOf } from '../chaos/subject'

/** How the app configures the library. */
export interface Setting extends Pick<UserSetting, 'onDelete' | 'deliveries' | 'hooks'> {
  /** Whether the app stores memberships. */
  memberships: boolean
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
  const { users, organizations, tombstones, jobs } = collectionsOf(setting)
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
    return library.createClerkSync({
      ...modelsOf(library, connection, setting),
      signingSecret: around.signingSecret,
      timeoutMs: around.timeoutMs,
      logger: false,
      ...(setting.hooks && { on }),
      ...(setting.deliveries && { deliveries: { collection: collectionsOf(setting).deliveries } }),
    })
  },
}
