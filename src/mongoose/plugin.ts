import { ClerkSyncError } from '../errors'
import { mapClerkUser } from '../map/map-clerk-user'
import { privatePathNames } from '../map/private-paths'
import { user } from './entity/user'
import { openStore } from './open-store'
import { pushing } from './push/extension'
import { addMarkingHooks } from './push/marking-hooks'
import { addPaths } from './schema/add-paths'
import { addPassword } from './schema/password-path'
import { addStatics, clerkQueryHelpers } from './statics'
import type { HostSchema } from './target/host-schema'
import { resolveOwned } from './target/owned-paths'
import { type PathName, pathNames, profileNames } from './target/paths'
import type { ClerkSyncPluginOptions, ResolvedPluginOptions } from './target/plugin-options'

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
  const kept = host.options as { clerkSync?: ResolvedPluginOptions }
  if (kept.clerkSync) return
  const resolved = resolvePluginOptions(options, host)
  kept.clerkSync = resolved
  addPaths(host, resolved)
  addPassword(host, options.passwordPath)
  if (resolved.push) addMarkingHooks(host, resolved)
  addStatics(host)
  Object.assign(host.query, clerkQueryHelpers)
}

function resolvePluginOptions(options: ClerkSyncPluginOptions, host: HostSchema): ResolvedPluginOptions {
  const aliases = host.aliases ?? {}
  for (const name of Object.keys(options.paths ?? {})) {
    if (!pathNames.includes(name as PathName)) {
      throw new ClerkSyncError('schema_unfit', `paths.${name} does not exist. Expected one of ${pathNames.join(', ')}.`)
    }
  }
  // If a profile path is an alias, its value is stored at the aliased path.
  const pathOf = (name: PathName) => {
    const path = options.paths?.[name] ?? name
    return profileNames.includes(name) ? (aliases[path] ?? path) : path
  }
  const paths = Object.fromEntries(pathNames.map((name) => [name, pathOf(name)])) as Record<PathName, string>
  return {
    openStore,
    entity: user,
    paths,
    unplaced: pathNames.filter((name) => options.paths?.[name] === undefined && !host.path(paths[name])),
    passwordPath: undefined,
    tombstones: options.collections?.tombstones ?? 'clerk_tombstones',
    jobs: options.collections?.jobs ?? 'clerk_jobs',
    conflicts: options.collections?.conflicts ?? 'clerk_conflicts',
    push: options.push && resolveOwned(options.push, paths),
    pushExtension: options.push && pushing,
    rules: {
      mapUser: options.mapUser ?? mapClerkUser,
      linkBy: options.linkBy ?? false,
      onDelete: options.onDelete ?? 'soft',
    },
    privatePaths: privatePathNames.map((name) => paths[name]),
  }
}
