import { type AnyDoc, oncePerModel, type SyncModel, schemaOf, type Target } from '../target/target'
import { hasOwnSetters } from './candidate'
import { castWith, passes, REFUSED, type SchemaPath, timestampPaths } from './fields'

/** What is known of a schema whose inserts need no document, because no code of the app could see it. */
export interface PlainSchema {
  /** Static defaults, by path. */
  defaults: ReadonlyMap<string, unknown>
  /** Paths whose default is the current time. */
  clocks: readonly string[]
  /** Paths that the schema refuses unless the map fills them. */
  toBeFilled: readonly string[]
  /** The schema's timestamps. */
  times: readonly string[]
  /** The path that counts a document's versions for mongoose. */
  versionKey: string | undefined
  /** Whether an insert gets an `ObjectId` as its `_id`. */
  hasObjectId: boolean
  /** Whether a mapped path needs no more than a cast and mongoose's own validators. Filled as paths are met. */
  simple: Map<string, boolean>
}

const judged = oncePerModel((target) => ({ schema: judgeSchema(target) }))

/** `undefined` if only a document can tell what an insert stores. */
export const plainSchema = (target: Target): PlainSchema | undefined => judged(target).schema

/** The schema's definition of a path that it has. */
export const pathIn = (model: SyncModel, path: string): SchemaPath => model.schema.path(path) as SchemaPath

const timesOf = (model: SyncModel): string[] =>
  Object.values(timestampPaths(model)).filter((path): path is string => path !== undefined)

const ownTypes: readonly unknown[] = ['required', 'enum', 'regexp', 'minlength', 'maxlength', 'min', 'max']

/** Whether a mapped path is an ordinary one, with a single value. */
export function judgePath(model: SyncModel, path: string): boolean {
  const { instance, options } = pathIn(model, path)
  const isScalar = ['String', 'Number', 'Boolean', 'Date'].includes(instance)
  return isScalar && !path.includes('.') && !options.immutable && !timesOf(model).includes(path)
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

function judgeSchema(target: Target): PlainSchema | undefined {
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
  const { versionKey } = schema.options
  return {
    ...plain,
    times: timesOf(model),
    versionKey: typeof versionKey === 'string' ? versionKey : undefined,
    hasObjectId: pathIn(model, '_id').instance === 'ObjectId',
    simple: new Map(),
  }
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

function defaultOf(definition: SchemaPath): unknown {
  const { defaultValue, options, instance } = definition
  if (defaultValue === undefined || defaultValue === null) return defaultValue
  if (defaultValue === Date.now) return CLOCK
  // mongoose's own function for an array without a default.
  if (instance === 'Array' && options.default === undefined) return []
  if (typeof defaultValue === 'function' || typeof defaultValue === 'object') return NOT_STATIC
  const cast = castWith(definition, defaultValue)
  return cast === REFUSED ? NOT_STATIC : cast
}
