import type { SchemaType } from 'mongoose'
import { ClerkSyncError } from '../../errors'
import { pushPathNames } from '../../map/private-paths'
import type { HostSchema } from '../target/host-schema'
import type { AnyPathName } from '../target/paths'
import type { ResolvedPluginOptions } from '../target/plugin-options'
import type { AnyDoc } from '../target/target'
import { recordAt } from './map-keys'
import { addStatusIndexes } from './status-indexes'

const definitions: Partial<Record<AnyPathName, { instance: string; definition: Record<string, unknown> }>> = {
  clerkId: { instance: 'String', definition: { type: String } },
  authProvider: { instance: 'String', definition: { type: String, enum: ['local', 'clerk'], default: 'local' } },
  syncStatus: { instance: 'String', definition: { type: String, enum: ['active', 'pending', 'error'] } },
  syncError: { instance: 'String', definition: { type: String } },
  syncErrorPath: { instance: 'String', definition: { type: String } },
  lastClerkSync: { instance: 'Date', definition: { type: Date } },
  clerkUpdatedAt: { instance: 'Date', definition: { type: Date } },
  clerkDeletedAt: { instance: 'Date', definition: { type: Date } },
  // Without this, mongoose would add an empty array to every document.
  clerkHooksDue: { instance: 'Array', definition: { type: [String], default: undefined } },
  clerkPendingType: { instance: 'String', definition: { type: String } },
  clerkFingerprints: {
    instance: 'Array',
    definition: { type: [{ _id: false, at: Date, path: String, hash: String }], default: undefined },
  },
  clerkEmailUnverified: { instance: 'Boolean', definition: { type: Boolean } },
  clerkPushToken: { instance: 'String', definition: { type: String } },
  clerkPushLease: { instance: 'String', definition: { type: String } },
  clerkPushedVersions: {
    instance: 'Array',
    definition: { type: [{ _id: false, at: Date, from: Date }], default: undefined },
  },
  clerkPushReverted: {
    instance: 'Array',
    definition: { type: [{ _id: false, at: Date, value: String }], default: undefined },
  },
  imageUrl: { instance: 'String', definition: { type: String } },
  name: { instance: 'String', definition: { type: String } },
  slug: { instance: 'String', definition: { type: String } },
  createdBy: { instance: 'String', definition: { type: String } },
  organizationId: { instance: 'String', definition: { type: String } },
  userId: { instance: 'String', definition: { type: String } },
  role: { instance: 'String', definition: { type: String } },
  permissions: { instance: 'Array', definition: { type: [String], default: undefined } },
}

const onlyWithPush: readonly string[] = pushPathNames

/** The record of one owned path: a path of its own, so that each write sets only the records of its paths. */
const record = { instance: 'Boolean', definition: { type: Boolean } }

/**
 * Adds the paths that the schema lacks.
 * @throws {ClerkSyncError} `schema_unfit` if it has one in a form that cannot work.
 */
export function addPaths(schema: HostSchema, options: ResolvedPluginOptions): void {
  for (const { name, path, definition } of checkedPaths(schema, options)) {
    if (!schema.path(path)) addPath(schema, name, path, definition)
  }
  addUniqueIndex(schema, options.paths.clerkId)
  addOwnerIndexes(schema, options)
  addStatusIndexes(schema, options.paths)
  if (options.push) addQueueIndex(schema, options.paths.clerkPushToken)
}

function addPath(schema: HostSchema, name: string, path: string, definition: AnyDoc): void {
  const { type, ...rest } = definition
  const { typeKey = 'type' } = schema.options
  try {
    schema.add({ [path]: { [typeKey]: type, ...rest } } as never)
  } catch {
    throw unfit(schema, name, path, 'is inside a path that is not an object')
  }
}

/**
 * Checks the schema's own paths under our names: when the plugin is applied, and at start-up for paths added since.
 * @returns All required paths.
 * @throws {ClerkSyncError} `schema_unfit` for a path that cannot work.
 */
export function checkedPaths(schema: HostSchema, options: ResolvedPluginOptions) {
  const { paths, push, entity } = options
  const isUsed = (name: AnyPathName) => entity.names.includes(name) && (push || !onlyWithPush.includes(name))
  const named = Object.entries(definitions).filter(([name]) => isUsed(name as AnyPathName))
  const records = (push ?? []).filter(({ path }) => path !== '_id').map(({ path }) => recordAt(paths, path))
  const needed = [
    ...named.map(([name, one]) => ({ name, path: paths[name as AnyPathName], ...one })),
    ...records.map((path) => ({ name: 'clerkPushWritten', path, ...record })),
  ]
  return needed.map(({ name, path, instance, definition }) => {
    const existing = schema.path(path) as SchemaType | undefined
    const kind = schema.pathType(path)
    const found = kind === 'nested' ? 'nested object' : kind === 'virtual' ? 'virtual' : existing?.instance
    if (found !== undefined && found !== instance)
      throw unfit(schema, name, path, `is a ${found}, but this library stores a ${instance} there`)
    if (existing) requireValues(schema, name, existing, valuesOf(definition, options))
    return { name, path, definition }
  })
}

function unfit(schema: HostSchema, name: string, path: string, what: string): ClerkSyncError {
  const alias = schema.aliases?.[path]
  const other = alias ?? (name === 'imageUrl' ? 'photoUrl' : 'another')
  const remedy = alias ? 'Use the path of the alias' : 'Change it, or store ours at another path'
  return new ClerkSyncError(
    'schema_unfit',
    `The schema's path ${path} ${what}. ${remedy}: paths: { ${name}: '${other}' }.`,
  )
}

/** The app's own path must accept the values that we write. */
function requireValues(schema: HostSchema, name: string, existing: SchemaType, ours: readonly string[]): void {
  const { enumValues = [] } = existing as { enumValues?: unknown[] }
  const missing = ours.filter((value) => !enumValues.includes(value))
  if (enumValues.length === 0 || missing.length === 0) return
  throw unfit(schema, name, existing.path, `has an enum without ${missing.join(', ')}, which this library writes`)
}

const valuesOf = (definition: Record<string, unknown>, { push }: ResolvedPluginOptions): string[] =>
  ((definition.enum ?? []) as string[]).filter((value) => push || value !== 'pending')

/** Not `<path>_1`: an older index in the database may have that name, and a second one fails with error 86. */
export const uniqueIndexName = 'clerk_id_unique'

/**
 * Adds an index that is unique among the documents with an id, so that any number of local users can lack one. Queries
 * for an id use it.
 */
function addUniqueIndex(schema: HostSchema, path: string): void {
  const isUnique = schema.indexes().some(([keys, options]) => {
    return options.unique && Object.keys(keys).join() === path
  })
  if (path === '_id' || isUnique) return
  const partialFilterExpression = { [path]: { $gt: '' } }
  schema.index({ [path]: 1 }, { name: uniqueIndexName, unique: true, partialFilterExpression })
}

/** Adds the indexes by owner that the schema lacks. */
function addOwnerIndexes(schema: HostSchema, { entity, paths }: ResolvedPluginOptions): void {
  const owners = entity.owners(paths)
  if (owners.length === 0) return
  const whole = schema.indexes().filter(([, options]) => !options.partialFilterExpression)
  const keysOf = ([keys]: (typeof whole)[number]) => Object.keys(keys)
  // MongoDB refuses a second index with the same keys and options under another name.
  if (!whole.some((index) => index[1].unique && keysOf(index).join() === owners.join()))
    schema.index(...ownersIndex(owners, paths.clerkDeletedAt))
  for (const path of owners.slice(1))
    if (!whole.some((index) => keysOf(index)[0] === path)) schema.index({ [path]: 1 }, { name: `clerk_${path}` })
}

/**
 * The index that keeps documents of the same owners apart. Only living documents are unique, so that one that ended stays
 * beside the one after it. Their filter is `null`, which partial indexes of all MongoDB versions accept and which also
 * matches a missing path.
 */
export function ownersIndex(owners: readonly string[], deletedAt: string) {
  const keys = Object.fromEntries(owners.map((path) => [path, 1 as const]))
  return [keys, { name: 'clerk_owners_unique', unique: true, partialFilterExpression: { [deletedAt]: null } }] as const
}

/** Adds the index of the push queue, in its order. Documents without a pending change are not in it. */
function addQueueIndex(schema: HostSchema, path: string): void {
  schema.index({ [path]: 1 }, { name: 'clerk_push_due', partialFilterExpression: { [path]: { $gt: '' } } })
}
