import type { SchemaType } from 'mongoose'
import type { MappedFields } from '../../store/write'
import type { HostSchema } from '../target/host-schema'
import type { AnyPathName } from '../target/paths'
import { type SyncModel, schemaOf, type Target } from '../target/target'
import { withStorableKeys } from './map-keys'

/** The values of a map, by path of the schema. */
export interface Fields {
  /** Values to store, by path of the app's schema; `undefined` if Clerk has none. */
  values: Map<string, unknown>
  /** Keys whose path cannot be written. Does not list our own profile names, because a schema may lack any of them. */
  refused: { key: string; why: 'unknown' | 'reserved' }[]
}

/** Translates the result of a map to paths of the schema. Keys without a path never reach a command. */
export function mappedFields(target: Target, mapped: MappedFields): Fields {
  const fields: Fields = { values: new Map(), refused: [] }
  for (const [key, value] of Object.entries(mapped)) add(target, fields, key, pathOf(target, key), value)
  return fields
}

function pathOf(target: Target, key: string): string {
  const { profileNames } = target.options.entity
  return profileNames.includes(key as AnyPathName) ? target.paths[key as AnyPathName] : key
}

function add(target: Target, fields: Fields, key: string, path: string, value: unknown): void {
  const schema = schemaOf(target.model)
  if (isReserved(target, path)) fields.refused.push({ key, why: 'reserved' })
  else if (schema.path(path)) fields.values.set(path, storable(schema, path, value ?? undefined))
  else if (schema.pathType(path) === 'nested' && (value ?? undefined) === undefined) {
    const leaves = Object.keys(schema.paths).filter((leaf) => leaf.startsWith(`${path}.`))
    for (const leaf of leaves) add(target, fields, leaf, leaf, undefined)
  } else if (schema.pathType(path) === 'nested' && typeof value === 'object' && value !== null) {
    // Path by path, so that the app's other values beneath it are kept.
    for (const [name, inner] of Object.entries(value)) add(target, fields, `${key}.${name}`, `${path}.${name}`, inner)
  } else if (!(key in target.paths && target.paths[key as AnyPathName] === key))
    fields.refused.push({ key, why: 'unknown' })
}

const storable = (schema: HostSchema, path: string, value: unknown): unknown =>
  (schema.path(path) as SchemaType).instance === 'Map' ? withStorableKeys(value) : value

function isReserved(target: Target, path: string): boolean {
  if (path === '_id' || path.startsWith('$')) return true
  if (path === schemaOf(target.model).options.discriminatorKey) return true
  const { names, profileNames } = target.options.entity
  return names.some((name) => target.paths[name] === path && !profileNames.includes(name))
}

/** A path of the schema, with members that are not in mongoose's types. */
export type SchemaPath = SchemaType & {
  defaultValue?: unknown
  setters?: { name: string }[]
  applySetters(value: unknown, scope: unknown): unknown
  checkRequired?(value: unknown): boolean
}

/** What `castWith` returns for a value that cannot be cast. */
export const REFUSED = Symbol('refused')

/** A value as mongoose's own setters and cast of its path make it, without a document. */
export function castWith(path: SchemaPath, value: unknown): unknown {
  try {
    return path.applySetters(value, undefined)
  } catch {
    return REFUSED
  }
}

/** Whether a cast value passes mongoose's own validators of its path. */
export function passes(path: SchemaPath, value: unknown): boolean {
  if (value === REFUSED) return false
  return path.validators.every(({ type, validator }) => {
    if (type === 'required') return path.checkRequired?.(value) ?? false
    if (value === undefined) return true
    return validator instanceof RegExp ? validator.test(String(value)) : Boolean((validator as Validate)(value))
  })
}

type Validate = (value: unknown) => unknown

/** The schema's timestamp paths; `undefined` if it has none. */
export function timestampPaths(model: SyncModel): { createdAt: string | undefined; updatedAt: string | undefined } {
  // Resolved names, which are not in mongoose's types. `false` for a disabled one.
  const names = (model.schema as { $timestamps?: { createdAt?: unknown; updatedAt?: unknown } }).$timestamps ?? {}
  const text = (name: unknown) => (typeof name === 'string' ? name : undefined)
  return { createdAt: text(names.createdAt), updatedAt: text(names.updatedAt) }
}
