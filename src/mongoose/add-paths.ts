import type { SchemaType } from 'mongoose'
import { ClerkSyncError } from '../errors'
import type { HostSchema } from './host-schema'
import type { PathName, ResolvedPluginOptions } from './plugin-options'

const definitions: Partial<Record<PathName, { instance: string; definition: Record<string, unknown> }>> = {
  clerkId: { instance: 'String', definition: { type: String } },
  authProvider: { instance: 'String', definition: { type: String, enum: ['local', 'clerk'], default: 'local' } },
  syncStatus: { instance: 'String', definition: { type: String, enum: ['active', 'pending', 'error'] } },
  syncError: { instance: 'String', definition: { type: String } },
  lastClerkSync: { instance: 'Date', definition: { type: Date } },
  clerkUpdatedAt: { instance: 'Date', definition: { type: Date } },
  clerkDeletedAt: { instance: 'Date', definition: { type: Date } },
  // No default: mongoose would give every document an empty list.
  clerkHooksDue: { instance: 'Array', definition: { type: [String], default: undefined } },
  clerkSentinelDue: { instance: 'String', definition: { type: String } },
  clerkFingerprints: {
    instance: 'Array',
    definition: { type: [{ _id: false, at: Date, path: String, hash: String }], default: undefined },
  },
  clerkEmailUnverified: { instance: 'Boolean', definition: { type: Boolean } },
  clerkPushDue: { instance: 'String', definition: { type: String } },
  clerkPushLease: { instance: 'String', definition: { type: String } },
  clerkPushedAt: {
    instance: 'Array',
    definition: { type: [{ _id: false, at: Date, from: Date }], default: undefined },
  },
  imageUrl: { instance: 'String', definition: { type: String } },
}

const onlyWithPush: readonly string[] = ['clerkPushDue', 'clerkPushLease', 'clerkPushedAt'] satisfies PathName[]

/** Adds what the schema lacks, and refuses what it has in a form that cannot work. */
export function addPaths(schema: HostSchema, options: ResolvedPluginOptions): void {
  for (const [name, { instance, definition }] of Object.entries(definitions)) {
    if (!options.push && onlyWithPush.includes(name)) continue
    const path = options.paths[name as PathName]
    const existing = schema.path(path) as SchemaType | undefined
    if (!existing) schema.add({ [path]: definition } as never)
    else if (existing.instance !== instance) {
      throw new ClerkSyncError(
        'schema_unfit',
        `The schema's path ${path} is a ${existing.instance}; for ${name} a ${instance} is needed. ` +
          `Change it, or keep ours elsewhere: paths: { ${name}: 'another' }.`,
      )
    } else requireValues(path, name, existing, valuesOf(definition, options))
  }
  addUniqueIndex(schema, options.paths.clerkId)
  if (options.push) addQueueIndex(schema, options.paths.clerkPushDue)
  if (options.passwordPath) relaxPassword(schema, options.passwordPath, options.paths.authProvider)
}

/** The values that we write must be among those that the host's own path takes. */
function requireValues(path: string, name: string, existing: SchemaType, ours: readonly string[]): void {
  const { enumValues = [] } = existing as { enumValues?: unknown[] }
  const missing = ours.filter((value) => !enumValues.includes(value))
  if (enumValues.length === 0 || missing.length === 0) return
  throw new ClerkSyncError(
    'schema_unfit',
    `The schema's path ${path} does not take ${missing.join(', ')}, which this library writes. ` +
      `Add to its enum, or keep ours elsewhere: paths: { ${name}: 'another' }.`,
  )
}

const valuesOf = (definition: Record<string, unknown>, { push }: ResolvedPluginOptions): string[] =>
  ((definition.enum ?? []) as string[]).filter((value) => push || value !== 'pending')

/** The name keeps clear of `<path>_1`, which an older scheme's index may have in the database (error 86 otherwise). */
export const uniqueIndexName = 'clerk_id_unique'

/** Unique over the documents that have an id: as many local users without one as there may be. Usable for equality. */
function addUniqueIndex(schema: HostSchema, path: string): void {
  const isUnique = schema.indexes().some(([keys, options]) => {
    return options.unique && Object.keys(keys).join() === path
  })
  if (path === '_id' || isUnique) return
  const partialFilterExpression = { [path]: { $gt: '' } }
  schema.index({ [path]: 1 }, { name: uniqueIndexName, unique: true, partialFilterExpression })
}

/** The push queue, in order; the documents that are in step are not in it. */
function addQueueIndex(schema: HostSchema, path: string): void {
  schema.index({ [path]: 1 }, { name: 'clerk_push_due', partialFilterExpression: { [path]: { $gt: '' } } })
}

function relaxPassword(schema: HostSchema, path: string, authProvider: string): void {
  const password = schema.path(path) as (SchemaType & { options: { required?: unknown } }) | undefined
  if (!password) throw new ClerkSyncError('schema_unfit', `passwordPath: the schema has no path ${path}.`)
  const required = password.options.required
  if (!required) return
  const [condition, message] = Array.isArray(required) ? required : [required, undefined]
  const isRequired = function (this: { get?(path: string): unknown }) {
    if (this.get?.(authProvider) === 'clerk') return false
    return typeof condition === 'function' ? Boolean(condition.call(this)) : Boolean(condition)
  }
  // The old rule goes first, or both would hold.
  password.required(false)
  // mongoose takes a function here as in a definition; its types know the boolean alone.
  password.required(isRequired as unknown as boolean, message as string)
}
