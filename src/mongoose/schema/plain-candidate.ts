import type { SchemaType } from 'mongoose'
import { type AnyDoc, oncePerModel, type SyncModel, schemaOf, type Target } from '../target/target'
import { hasOwnSetters } from './candidate'
import { timestampPaths } from './fields'

/**
 * The values of an insert, from the schema alone: what `makeCandidate`, `judge` and `insertOnly` find with a document, at a
 * tenth of the cost. Only for schemas without code of the app that could see the document.
 */
export interface PlainCandidate {
  /** All values, cast, by path. The paths are top-level ones. */
  values: AnyDoc
  /** Those that only an insert stores: defaults, timestamps, `_id`, the version key. */
  insertOnly: AnyDoc
}

/** A path of the schema, with members that are not in mongoose's types. */
type Path = SchemaType & {
  defaultValue?: unknown
  setters?: { name: string }[]
  applySetters(value: unknown, scope: unknown): unknown
  checkRequired?(value: unknown): boolean
}

/** What is known of a schema whose inserts need no document. */
interface PlainSchema {
  /** Static defaults, by path. */
  defaults: ReadonlyMap<string, unknown>
  /** Paths whose default is the current time. */
  clocks: readonly string[]
  /** Paths that the schema refuses unless the map fills them. */
  toBeFilled: readonly string[]
  /** Whether a mapped path needs no more than a cast and mongoose's own validators. Filled as paths are met. */
  simple: Map<string, boolean>
}

/**
 * Returns what an insert stores; `undefined` if only a document can tell, or if the schema refuses a value.
 * @param entries The mapped values, by path.
 */
export function plainCandidate(
  target: Target,
  entries: readonly (readonly [path: string, value: unknown])[],
  clerkId: string,
): PlainCandidate | undefined {
  const { model, idPath } = target
  const { plain } = planned(target)
  if (!plain) return undefined
  const mapped: AnyDoc = {}
  for (const [path, value] of entries) {
    if (!isSimple(model, plain, path)) return undefined
    const cast = value === undefined ? plain.defaults.get(path) : castWith(pathIn(model, path), value)
    if (!passes(pathIn(model, path), cast)) return undefined
    mapped[path] = cast
  }
  const id = pathIn(model, idPath)
  if (castWith(id, clerkId) !== clerkId || !passes(id, clerkId)) return undefined
  if (plain.toBeFilled.some((path) => !(path in mapped))) return undefined
  const insertOnly = insertOnlyOf(model, plain)
  return { values: { ...insertOnly, ...mapped }, insertOnly }
}

const planned = oncePerModel((target) => ({ plain: plainSchemaOf(target) }))

function insertOnlyOf(model: SyncModel, { defaults, clocks }: PlainSchema): AnyDoc {
  const fields: AnyDoc = {}
  if (pathIn(model, '_id').instance === 'ObjectId') fields._id = new model.base.Types.ObjectId()
  for (const [path, value] of defaults) fields[path] = Array.isArray(value) ? [] : value
  for (const path of [...clocks, ...timesOf(model)]) fields[path] = pathIn(model, path).cast(new Date())
  const { versionKey } = schemaOf(model).options
  if (typeof versionKey === 'string') fields[versionKey] = 0
  return fields
}

const pathIn = (model: SyncModel, path: string): Path => model.schema.path(path) as Path

const timesOf = (model: SyncModel): string[] =>
  Object.values(timestampPaths(model)).filter((path): path is string => path !== undefined)

const REFUSED = Symbol('refused')

function castWith(path: Path, value: unknown): unknown {
  try {
    return path.applySetters(value, undefined)
  } catch {
    return REFUSED
  }
}

const ownTypes: readonly unknown[] = ['required', 'enum', 'regexp', 'minlength', 'maxlength', 'min', 'max']

/** Whether a cast value passes mongoose's own validators of its path. */
function passes(path: Path, value: unknown): boolean {
  if (value === REFUSED) return false
  return path.validators.every(({ type, validator }) => {
    if (type === 'required') return path.checkRequired?.(value) ?? false
    if (value === undefined) return true
    return validator instanceof RegExp ? validator.test(String(value)) : Boolean((validator as Validate)(value))
  })
}

type Validate = (value: unknown) => unknown

function isSimple(model: SyncModel, { simple }: PlainSchema, path: string): boolean {
  const known = simple.get(path)
  if (known !== undefined) return known
  const { instance, options } = pathIn(model, path)
  const isScalar = ['String', 'Number', 'Boolean', 'Date'].includes(instance)
  const found = isScalar && !path.includes('.') && !options.immutable && !timesOf(model).includes(path)
  simple.set(path, found)
  return found
}

/** Whether a path has no setters, validators or conditions of the app. */
function hasOnlyOwnCode(model: SyncModel, path: string): boolean {
  const { options, validators, setters = [] } = pathIn(model, path)
  const isConditional = [options.required].flat().some((one) => typeof one === 'function' || typeof one === 'object')
  // Timestamps are immutable by a setter of mongoose.
  const isSet = timesOf(model).includes(path)
    ? setters.some(({ name }) => name !== 'immutableSetter')
    : hasOwnSetters(model, path)
  return !isConditional && !isSet && validators.every(({ type }) => ownTypes.includes(type))
}

/** `undefined` if the schema needs a document. */
function plainSchemaOf(target: Target): PlainSchema | undefined {
  const { model, paths, idPath, options } = target
  const schema = schemaOf(model)
  if (!isOrdinary(target)) return undefined
  const now = new Date()
  const given: AnyDoc = {
    ...options.entity.constants(paths),
    [paths.syncStatus]: 'active',
    [paths.lastClerkSync]: now,
    [paths.clerkUpdatedAt]: now,
  }
  const filled = [idPath, '_id', schema.options.versionKey, ...timesOf(model)]
  const plain = { defaults: new Map<string, unknown>(), clocks: [] as string[], toBeFilled: [] as string[] }
  for (const path of Object.keys(schema.paths)) {
    if (filled.includes(path)) continue
    const definition = pathIn(model, path)
    const byDefault = defaultOf(definition)
    if (byDefault === NOT_STATIC || (byDefault !== undefined && path.includes('.'))) return undefined
    if (byDefault === CLOCK) plain.clocks.push(path)
    else if (byDefault !== undefined) plain.defaults.set(path, byDefault)
    const value = path in given ? given[path] : byDefault === CLOCK ? castWith(definition, now) : byDefault
    if (!passes(definition, value)) plain.toBeFilled.push(path)
  }
  return { ...plain, simple: new Map() }
}

/** Methods that a candidate would call, and that plugins replace. */
const methodsOfDocuments = [
  'set',
  '$set',
  'get',
  'validate',
  '$__validate',
  'toObject',
  '$toObject',
  'toBSON',
  'isModified',
]

/** Private members of a mongoose schema. */
interface PrivateSchema {
  methods: object
  callQueue?: unknown[]
  s?: { hooks?: { hasHooks(name: string): boolean } }
}

/** Whether nothing of the app could see a candidate, and all its paths are ordinary ones. */
function isOrdinary({ model, paths, idPath }: Target): boolean {
  const schema = schemaOf(model)
  const { methods, callQueue, s } = schema as unknown as PrivateSchema
  const { minimize, timestamps } = schema.options
  const hasOwnClock = typeof timestamps === 'object' && timestamps.currentTime !== undefined
  const isIdAutomatic = idPath === '_id' || pathIn(model, '_id')?.options.auto === true
  return (
    minimize !== false &&
    !schema.discriminatorMapping &&
    !hasOwnClock &&
    isIdAutomatic &&
    s?.hooks?.hasHooks('validate') === false &&
    !callQueue?.length &&
    methodsOfDocuments.every((name) => !(name in methods)) &&
    [...Object.values(paths), ...timesOf(model)].every((path) => !path.includes('.')) &&
    Object.keys(schema.paths).every((path) => (path === '_id' && path !== idPath) || hasOnlyOwnCode(model, path))
  )
}

const NOT_STATIC = Symbol('not static')
const CLOCK = Symbol('the current time')

function defaultOf(definition: Path): unknown {
  const { defaultValue, options, instance } = definition
  if (defaultValue === undefined || defaultValue === null) return defaultValue
  if (defaultValue === Date.now) return CLOCK
  // mongoose's own function for an array without a default.
  if (instance === 'Array' && options.default === undefined) return []
  if (typeof defaultValue === 'function' || typeof defaultValue === 'object') return NOT_STATIC
  const cast = castWith(definition, defaultValue)
  return cast === REFUSED ? NOT_STATIC : cast
}
