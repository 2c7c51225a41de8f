import type { SchemaType } from 'mongoose'
import { ClerkSyncError } from '../../errors'
import type { HostSchema } from '../target/host-schema'
import type { ResolvedPluginOptions } from '../target/plugin-options'

/** Common paths of a local account's password, in order of preference. */
const usualPaths = ['passwordHash', 'password', 'hashedPassword']

type Required = SchemaType & { options: { required?: unknown; default?: unknown }; originalRequiredValue?: unknown }

/**
 * Makes the schema's password required only for local accounts. Without the option `passwordPath`, searches the usual
 * paths, and again when a model is created, for paths added since.
 * @throws {ClerkSyncError} `schema_unfit` if the option is not a path of the schema.
 */
export function addPassword(schema: HostSchema, given: string | false | undefined): void {
  if (given === false) return
  if (given === undefined) {
    findPassword(schema)
    schema.on('init', ({ schema: ofModel }) => findPassword(ofModel))
    return
  }
  if (!schema.path(given)) throw new ClerkSyncError('schema_unfit', `passwordPath: the schema has no path ${given}.`)
  keepPassword(schema, given)
}

function findPassword(schema: HostSchema): void {
  const { clerkSync } = schema.options as { clerkSync?: ResolvedPluginOptions }
  if (clerkSync?.passwordPath !== undefined) return
  const found = usualPaths.find((path) => {
    const password = schema.path(path) as Required | undefined
    return password?.instance === 'String' && isRequired(password) && password.options.default === undefined
  })
  if (found !== undefined) keepPassword(schema, found)
}

function keepPassword(schema: HostSchema, path: string): void {
  const { clerkSync } = schema.options as { clerkSync: ResolvedPluginOptions }
  clerkSync.passwordPath = path
  clerkSync.privatePaths = [...clerkSync.privatePaths, path]
  relax(schema.path(path) as Required, clerkSync.paths.authProvider)
}

const ruleOf = ({ options, originalRequiredValue }: Required): unknown => options.required ?? originalRequiredValue

function isRequired(password: Required): boolean {
  const rule = ruleOf(password)
  return Boolean(Array.isArray(rule) ? rule[0] : rule)
}

/** Requires the password only if the account is not Clerk's and the app's own rule applies. */
function relax(password: Required, authProvider: string): void {
  if (!isRequired(password)) return
  const rule = ruleOf(password)
  const [condition, message] = Array.isArray(rule) ? rule : [rule, undefined]
  const isNeeded = function (this: { get?(path: string): unknown }) {
    if (this.get?.(authProvider) === 'clerk') return false
    return typeof condition === 'function' ? Boolean(condition.call(this)) : Boolean(condition)
  }
  // Removes the old rule first; otherwise both would apply.
  password.required(false)
  // mongoose accepts a function here, but its types only a boolean.
  password.required(isNeeded as unknown as boolean, message as string)
}
