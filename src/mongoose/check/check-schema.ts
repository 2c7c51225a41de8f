import { ClerkSyncError, isClerkSyncError } from '../../errors'
import type { SyncRules } from '../../store/write'
import { isImmutable } from '../schema/candidate'
import type { ResolvedRules } from '../target/entity'
import { canonical, resolveRules, schemaOf, schemaPath, type Target } from '../target/target'
import { requireUniqueExternalId } from './check-external-id'
import { checkOwned } from './check-owned'
import { keepsSecondOut, type UniqueIndex } from './check-unique'
import { nestedProfile } from './nested-profile'
import { hasValue, type SampleCandidate, sampleCandidate } from './sample-candidate'
import type { SchemaFinding } from './schema-finding'
import { unfilledPaths } from './unfilled'

/** The samples, each with a second user of the same kind. */
type Samples = readonly (readonly [first: SampleCandidate, second: SampleCandidate])[]

/**
 * Tries the rules and the schema on sample users.
 * @throws {ClerkSyncError} `schema_unfit` if they can never work.
 */
export function checkSchema(target: Target, given: SyncRules): SchemaFinding[] {
  const rules = resolveRules(target, given)
  if (target.idPath === '_id') checkIdAsClerkId(target, rules)
  else checkGeneratedId(target)
  requireUniqueExternalId(target, declaredIndexes(target))
  const failing = failingMap(target, rules)
  if (failing.length > 0) return failing
  const samples = makeSamples(target, rules)
  for (const [{ mapped }] of samples) checkOwned(target, mapped)
  requireOwnValues(target, samples)
  return [
    ...unwrittenPaths(target, samples),
    ...nestedProfile(target, rules),
    ...oncePaths(target, samples),
    ...emptyPaths(target, samples, (path) => fillingRemedy(target, rules, path)),
    ...refusedConstants(target, samples),
    ...failingCode(target, samples),
    ...uniqueIndexes({ target, rules }, samples, declaredIndexes(target)),
    ...saveEncryption(target),
    ...uselessLinkBy(target, rules),
  ]
}

/** Finds users that a unique index of the server would refuse. The schema may not declare these indexes. */
export function checkServerIndexes(target: Target, given: SyncRules, indexes: readonly UniqueIndex[]): SchemaFinding[] {
  const rules = resolveRules(target, given)
  return failingMap(target, rules).length > 0
    ? []
    : uniqueIndexes({ target, rules }, makeSamples(target, rules), indexes)
}

function makeSamples(target: Target, rules: ResolvedRules): Samples {
  const { samples, twinOf } = target.options.entity
  return samples.map((one) => {
    return [sampleCandidate(target, rules, one), sampleCandidate(target, rules, twinOf(one, '9'))] as const
  })
}

/** Calls `mapUser` with the samples. If it fails for one, it fails for all users of that kind. */
function failingMap({ options: { entity } }: Target, rules: ResolvedRules): SchemaFinding[] {
  const [full, other] = entity.samples.map((sample) => {
    try {
      entity.map(rules, sample)
      return undefined
    } catch (error) {
      if (!isClerkSyncError(error) || error.code !== 'host_code_failed') throw error
      return error
    }
  })
  const { name, mapOption } = entity
  const remedy = `Change ${mapOption}: any field of the ${name} except its id can be missing.`
  if (full) return [problem('', `${mapOption} fails for a sample ${name} with every field: ${full.message}`, remedy)]
  const lacks = name === 'user' ? 'without e-mail address and names' : 'with few fields'
  return other ? [warning('', `${mapOption} fails for a sample ${name} ${lacks}: ${other.message}`, remedy)] : []
}

/** Finds values that `mapUser` returns for every user and that the schema refuses. */
function refusedConstants({ options: { entity } }: Target, samples: Samples): SchemaFinding[] {
  const all = samples.flat()
  const paths = (all[0]?.refused ?? []).filter((path) => {
    const values = all.map(({ split }) => canonical(split.values.get(path)))
    return all.every((one) => one.refused.includes(path) && hasValue(one, path)) && new Set(values).size === 1
  })
  const { name, mapOption } = entity
  const message = `the schema refuses the value that ${mapOption} returns for every ${name}, so no ${name} can be stored`
  return paths.map((path) =>
    problem(path, message, `Return another value from ${mapOption}, or change the rule of ${path} to accept this one.`),
  )
}

/** The schema must accept the values that this library writes, even if the app declares the paths itself. */
function requireOwnValues({ paths }: Target, samples: Samples): void {
  const own = [paths.syncStatus, paths.authProvider]
  const refused = samples.flatMap(([first]) => first.refused).find((path) => own.includes(path))
  if (refused)
    throw unfit(`The schema refuses a value that this library writes at ${refused}. Change its enum or validator.`)
}

function unwrittenPaths({ model, options }: Target, samples: Samples): SchemaFinding[] {
  const { mapOption } = options.entity
  const found = new Map(samples.flatMap(([{ unwritten }]) => unwritten).map(({ key, why }) => [key, why] as const))
  return [...found].map(([path, why]) => {
    if (why === 'unknown' && schemaOf(model).options.strict === 'throw')
      throw unfit(
        `${mapOption} returns ${path}, which is not in the schema. Add it to the schema, or remove it from ${mapOption}.`,
      )
    if (why === 'reserved')
      return warning(
        path,
        `${mapOption} returns a reserved path; its value is not stored`,
        `Remove it from ${mapOption}.`,
      )
    const message = `${mapOption} returns a path that is not in the schema; its value is not stored`
    return warning(path, message, `Add the path to the schema, or remove it from ${mapOption}.`)
  })
}

function oncePaths({ model }: Target, samples: Samples): SchemaFinding[] {
  const immutable = ([{ split, doc }]: Samples[number]) =>
    [...split.values.keys()].filter((path) => isImmutable(model, path, doc))
  const paths = new Set(samples.flatMap(immutable))
  const message = 'the path is immutable: it is stored once, and later changes in Clerk are not stored'
  return [...paths].map((path) => warning(path, message, 'Remove immutable if the value can change in Clerk.'))
}

/**
 * A required path without a value prevents some users from being stored, or all, if even the user with every field is
 * refused.
 */
function emptyPaths(
  { options: { entity } }: Target,
  samples: Samples,
  filling: (path: string) => string | undefined,
): SchemaFinding[] {
  const empty = samples.map(([sample]) => sample.refused.find((path) => !hasValue(sample, path)))
  const [full, other] = empty
  const path = full ?? other
  if (path === undefined) return []
  const usual = /pass/i.test(path)
    ? `Pass passwordPath: '${path}' to the plugin.`
    : `Add a default for ${path} to the schema, return ${path} from ${entity.mapOption}, or remove required.`
  const remedy = filling(path) ?? usual
  if (full === undefined)
    return [warning(path, `a required path stays empty for some ${entity.name}s, so they cannot be stored`, remedy)]
  return [
    problem(
      path,
      `a required path stays empty for every Clerk ${entity.name}, so no ${entity.name} can be stored`,
      remedy,
    ),
  ]
}

const fillingRemedy = (target: Target, rules: ResolvedRules, path: string) =>
  unfilledPaths(target, rules).find((one) => one.path === path)?.remedy

function failingCode({ options }: Target, samples: Samples): SchemaFinding[] {
  const messages = new Set(samples.flatMap(([{ failure }]) => (failure ? [failure.message] : [])))
  const remedy = 'Change it so that it works for a document that is not stored yet.'
  const fails = `code of the schema fails for a sample ${options.entity.name}`
  return [...messages].map((message) => warning('', `${fails}: ${message}`, remedy))
}

function declaredIndexes({ model }: Target): UniqueIndex[] {
  return schemaOf(model)
    .indexes()
    .filter(([, options]) => options.unique)
    .map(([key, { name, sparse, partialFilterExpression }]) => {
      return { key: key as Record<string, unknown>, name, sparse, partialFilterExpression }
    })
}

function uniqueIndexes(
  { target, rules }: { target: Target; rules: ResolvedRules },
  samples: Samples,
  indexes: readonly UniqueIndex[],
): SchemaFinding[] {
  const { name } = target.options.entity
  return indexes.flatMap((index) => {
    const [full, other] = samples.map(([first, second]) => keepsSecondOut(target, index, first, second))
    const path = Object.keys(index.key).join(', ')
    const sparse = `Set sparse: true on ${path} and drop the index once. Then any number of documents can lack the value.`
    const remedy = fillingRemedy(target, rules, path) ?? sparse
    if (full)
      return [problem(path, `its unique index includes missing values, so only one ${name} can be stored`, remedy)]
    if (!other) return []
    return [
      warning(
        path,
        `its unique index includes missing values, so only one ${name} without a value can be stored`,
        remedy,
      ),
    ]
  })
}

/** mongoose-encryption encrypts in `save` middleware only, and adds this path. */
function saveEncryption({ model }: Target): SchemaFinding[] {
  if (!schemaPath(model, '_ct')) return []
  const message =
    'the schema encrypts in save middleware, which does not run for writes of this library: values are stored unencrypted'
  return [
    problem(
      '_ct',
      message,
      'Encrypt with setters, with a plugin that uses updateOne middleware, or in MongoDB itself.',
    ),
  ]
}

function uselessLinkBy(target: Target, { linkBy }: ResolvedRules): SchemaFinding[] {
  if (!linkBy || hasUniqueEmail(target)) return []
  const message = 'linkBy has no effect, because the e-mail path has no unique index'
  return [warning(target.paths.email, message, 'Set unique: true and sparse: true on the path.')]
}

/** With Clerk's id as `_id`, a document cannot be linked to another user. */
function checkIdAsClerkId(target: Target, rules: ResolvedRules): void {
  if (schemaPath(target.model, '_id')?.instance !== 'String')
    throw unfit("paths.clerkId is '_id', but the schema's _id is not a String. Declare _id: String, or remove clerkId.")
  if (rules.linkBy)
    throw unfit("linkBy does not work if _id is Clerk's id, because an _id cannot change. Remove linkBy.")
}

function checkGeneratedId({ model }: Target): void {
  const id = schemaPath(model, '_id')
  if (id && id.instance !== 'ObjectId' && id.options.default === undefined) {
    throw unfit(
      `The schema's _id is a ${id.instance} without a default, so new users get no _id. Add a default that creates one. ` +
        "If _id is Clerk's id, pass paths: { clerkId: '_id' } to the plugin.",
    )
  }
}

function hasUniqueEmail({ model, paths }: Target): boolean {
  return schemaOf(model)
    .indexes()
    .some(([keys, options]) => options.unique && paths.email in keys)
}

const finding =
  (verdict: SchemaFinding['verdict']) =>
  (path: string, message: string, remedy: string): SchemaFinding => {
    return { check: 'schema', verdict, path, message, remedy }
  }
const warning = finding('warning')
const problem = finding('problem')

const unfit = (message: string) => new ClerkSyncError('schema_unfit', message)
