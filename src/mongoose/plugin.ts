import { ClerkSyncError } from '../errors'
import { privatePathNames } from '../map/private-paths'
import type { OnDelete } from '../store/write'
import { membership } from './entity/membership'
import { organization } from './entity/organization'
import { user } from './entity/user'
import { openStore } from './open-store'
import { pushing } from './push/extension'
import { addMarkingHooks } from './push/marking-hooks'
import { addPaths } from './schema/add-paths'
import { addMemberships, addOwners } from './schema/add-populate'
import { addPassword } from './schema/password-path'
import { addStatics, clerkQueryHelpers } from './statics'
import type { Entity, ResolvedRules, ResourceMap } from './target/entity'
import type { HostSchema } from './target/host-schema'
import { resolveOwned } from './target/owned-paths'
import type { AnyPathName, Paths } from './target/paths'
import type {
  ClerkMembershipPluginOptions,
  ClerkOrganizationPluginOptions,
  ClerkSyncPluginOptions,
  ResolvedPluginOptions,
} from './target/plugin-options'

/**
 * Prepares a `User` schema for Clerk: adds the paths of `ClerkSyncFields`, a unique index over the documents that have
 * a `clerkId`, the statics of `ClerkStatics` and the query helper `.activeInClerk()`. Paths that the schema already has
 * are reused. Apply it before creating the model; applying it again changes nothing.
 *
 * @throws {ClerkSyncError} `schema_unfit` for an existing path of an unsupported type, an existing static with the same
 * name, or a `push` that cannot work.
 *
 * @example
 * userSchema.plugin(clerkSyncPlugin)
 * export const User = clerkModel('User', userSchema)
 */
export function clerkSyncPlugin(schema: unknown, options: ClerkSyncPluginOptions = {}): void {
  const host = schema as HostSchema
  const { linkBy = false } = options
  const resolved = apply(host, user, options, (paths) => ({
    ...pushOf(options.push, user, paths),
    rules: { ...rulesOf(options.mapUser ?? user.defaultMap, options), linkBy },
  }))
  if (!resolved) return
  addPassword(host, options.passwordPath)
  if (options.memberships !== undefined) addMemberships(host, resolved, options.memberships)
}

/**
 * Prepares an `Organization` schema for Clerk: adds the paths of `ClerkOrganizationFields`, a unique index on `clerkId`,
 * the statics of `ClerkOrganizationStatics` and the query helper `.activeInClerk()`. Otherwise like `clerkSyncPlugin`.
 *
 * @throws {ClerkSyncError} `schema_unfit` for an existing path of an unsupported type, an existing static with the same
 * name, or a `push` that cannot work.
 *
 * @example
 * organizationSchema.plugin(clerkOrganizationPlugin)
 * export const Organization = clerkOrganizationModel('Organization', organizationSchema)
 */
export function clerkOrganizationPlugin(schema: unknown, options: ClerkOrganizationPluginOptions = {}): void {
  const host = schema as HostSchema
  const resolved = apply(host, organization, options, (paths) => ({
    ...pushOf(options.push, organization, paths),
    rules: rulesOf(options.mapOrganization ?? organization.defaultMap, options),
  }))
  if (resolved && options.memberships !== undefined) addMemberships(host, resolved, options.memberships)
}

/**
 * Prepares a `Membership` schema for Clerk: adds the paths of `ClerkMembershipFields`, unique indexes on `clerkId` and on
 * the living memberships of a user in an organization, the statics of `ClerkMembershipStatics` and the query helper
 * `.activeInClerk()`. Otherwise like `clerkSyncPlugin`.
 *
 * @throws {ClerkSyncError} `schema_unfit` for an existing path of an unsupported type, or an existing static with the
 * same name.
 *
 * @example
 * membershipSchema.plugin(clerkMembershipPlugin)
 * export const Membership = clerkMembershipModel('Membership', membershipSchema)
 */
export function clerkMembershipPlugin(schema: unknown, options: ClerkMembershipPluginOptions = {}): void {
  const host = schema as HostSchema
  const models = { user: 'User', organization: 'Organization', ...options.models }
  const resolved = apply(host, membership, options, () => ({
    push: undefined,
    pushExtension: undefined,
    refs: options.refs ? models : undefined,
    rules: rulesOf(options.mapMembership ?? membership.defaultMap, options),
  }))
  if (resolved) addOwners(host, resolved, models)
}

/** The rules of a model, of which no local document is linked. */
const rulesOf = (map: ResourceMap, { onDelete = 'soft' }: { onDelete?: OnDelete }): ResolvedRules => ({
  map,
  linkBy: false,
  onDelete,
})

/** The option `push` with what it adds to the write. */
const pushOf = (
  push: Parameters<typeof resolveOwned>[0] | undefined,
  { pushable }: Entity,
  paths: Paths,
): Pick<ResolvedPluginOptions, 'push' | 'pushExtension'> => ({
  push: push && pushable && resolveOwned(push, pushable, paths),
  pushExtension: push && pushable && pushing,
})

/** Options that the plugins of all resources have. */
type CommonOptions = {
  paths?: Partial<Record<AnyPathName, string>>
  collections?: ClerkSyncPluginOptions['collections']
}

/** Applies what the plugins of all resources do. @returns the options; `undefined` if the schema already has a plugin. */
function apply(
  host: HostSchema,
  entity: Entity,
  options: CommonOptions,
  particular: (
    paths: Paths,
  ) => Pick<ResolvedPluginOptions, 'push' | 'pushExtension' | 'rules'> & Partial<Pick<ResolvedPluginOptions, 'refs'>>,
): ResolvedPluginOptions | undefined {
  const kept = host.options as { clerkSync?: ResolvedPluginOptions }
  if (kept.clerkSync) return undefined
  const paths = resolvePaths(options, host, entity)
  const resolved: ResolvedPluginOptions = {
    openStore,
    entity,
    paths,
    unplaced: entity.names.filter((name) => options.paths?.[name] === undefined && !host.path(paths[name])),
    passwordPath: undefined,
    refs: undefined,
    tombstones: options.collections?.tombstones ?? 'clerk_tombstones',
    jobs: options.collections?.jobs ?? 'clerk_jobs',
    conflicts: options.collections?.conflicts ?? 'clerk_conflicts',
    privatePaths: privatePathNames.filter((name) => entity.names.includes(name)).map((name) => paths[name]),
    ...particular(paths),
  }
  kept.clerkSync = resolved
  addPaths(host, resolved)
  if (resolved.push) addMarkingHooks(host, resolved)
  addStatics(host, entity)
  Object.assign(host.query, clerkQueryHelpers)
  return resolved
}

function resolvePaths(options: CommonOptions, host: HostSchema, { names, profileNames }: Entity): Paths {
  const aliases = host.aliases ?? {}
  for (const name of Object.keys(options.paths ?? {})) {
    if (!names.includes(name as AnyPathName)) {
      throw new ClerkSyncError('schema_unfit', `paths.${name} does not exist. Expected one of ${names.join(', ')}.`)
    }
  }
  // If a profile path is an alias, its value is stored at the aliased path.
  const pathOf = (name: AnyPathName) => {
    const path = options.paths?.[name] ?? name
    return profileNames.includes(name) ? (aliases[path] ?? path) : path
  }
  return Object.fromEntries(names.map((name) => [name, pathOf(name)])) as Paths
}
